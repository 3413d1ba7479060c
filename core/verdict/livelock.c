#include "livelock.h"

#include "loop.h"
#include "monotonic.h"
#include "proc_mem.h"

#include <sched.h>
#include <sys/syscall.h>

/*
 * When a thread is suspected, when it is examined again, and what counts as strong evidence. A
 * child's step takes some microseconds of CPU time, so some milliseconds without one are suspect.
 */
static const uint64_t suspect_cpu_ns = 4 * 1000 * 1000;
static const uint64_t strong_cpu_ns = 20 * 1000 * 1000;
enum {
	SUSPECT_WAITS = 2,
	STRONG_WAITS = 3,
	LOOP_STEPS = 4000,
	LOOP_DEADLINE_MS = 20, /* of the first attempt; a loaded machine may need more */
	STRONG_ATTEMPTS = 2,   /* at a proof, before a spin counts as strong evidence, */
	STRONG_STEPS = 128,    /* with so many instructions in one go: any eight change nothing */
	ATTEMPTS_MAX = 5,
	DETECT_STEPS = 1000,
	DETECT_TIMEOUT_MS =
		4000, /* only against a thread that sleeps much longer than allocators do */
};

void livelock_sample(struct livelock_history *history, pid_t pid, const struct proc_task *task)
{
	struct task_wait wait = task_wait(task);
	if (!history->started || history->tid != task->tid) {
		*history = (struct livelock_history){.started = true,
			.tid = task->tid,
			.cpu_start_ns = task->cpu_ns,
			.voluntary_switches = task->voluntary_switches,
			.next_cpu_ns = suspect_cpu_ns,
			.next_wait = SUSPECT_WAITS};
	}
	if (wait.kind != WAIT_FUTEX_TIMED && wait.kind != WAIT_SLEEP && wait.kind != WAIT_YIELD)
		return;
	uint32_t word = 0;
	if (wait.futex)
		proc_mem_read(pid, wait.futex, &word, sizeof(word));
	if (wait.futex != history->futex || word != history->word) {
		history->futex = wait.futex;
		history->word = word;
		history->waits = 0;
	}
	history->waits += (unsigned)(task->voluntary_switches - history->voluntary_switches);
	history->voluntary_switches = task->voluntary_switches;
}

/* A thread that only waits finds the same word with the same value each time it wakes. */
static bool repeats_same_wait(const struct livelock_history *history, struct finding *finding)
{
	if (!history->futex || history->waits < STRONG_WAITS)
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding, REASON_SAME_WAIT, history->waits, 0);
	return true;
}

/* ---- Stepping ---- */

enum { LIKELY_CONSTANT = 1, LIKELY_READ, LIKELY_WRITTEN, LIKELY_FUTEX };

/* How likely it is that this is the lock word: greater is more likely. */
static int lock_likelihood(const struct suspect *suspect, const struct loop_location *location)
{
	struct proc_mapping mapping;
	if (location->on_stack || location->changed)
		return 0;
	if (location->futex)
		return LIKELY_FUTEX;
	if (location->written)
		return LIKELY_WRITTEN;
	/* A loop also reads constants, such as addresses in the module's global offset table. */
	bool writable =
		proc_mapping(suspect->pid, location->address, &mapping) == 0 && mapping.writable;
	return writable ? LIKELY_READ : LIKELY_CONSTANT;
}

static const struct loop_location *lock_word(
	const struct suspect *suspect, const struct loop_result *loop)
{
	const struct loop_location *best = NULL;
	int likelihood = 0;
	for (unsigned i = 0; i < loop->locations; i++) {
		int this = lock_likelihood(suspect, &loop->location[i]);
		if (this > likelihood) {
			best = &loop->location[i];
			likelihood = this;
		}
	}
	return best;
}

static bool writes_what_it_reads(const struct loop_result *loop)
{
	for (unsigned i = 0; i < loop->locations; i++)
		if (loop->location[i].changed && !loop->location[i].on_stack)
			return true;
	return loop->more_locations || loop->wrote_too_much;
}

static void proven(struct finding *finding, const struct loop_result *loop)
{
	finding->certainty = CERTAINTY_PROVEN;
	evidence_reason(finding, REASON_STATE_RECURS, loop->period, loop->syscalls != 0);
	evidence_reason(finding, REASON_NO_OTHER_WRITER, 0, 0);
}

/*
 * Counts attempts at which the thread reads the same word. A thread that only computes reads none
 * that could be a lock, and one that makes progress reads others.
 */
static void sample_spin_word(struct livelock_history *history, const struct suspect *suspect,
	const struct loop_result *loop)
{
	const struct loop_location *word = lock_word(suspect, loop);
	bool is_lock = word && lock_likelihood(suspect, word) > LIKELY_CONSTANT;
	uint64_t address = is_lock ? word->address : 0;
	history->same_word_count =
		address && address == history->spin_word ? history->same_word_count + 1 : 0;
	history->spin_word = address;
}

/* A process that writes, maps memory or forks makes progress, however long it takes. */
static bool only_waits(const struct loop_result *loop)
{
	static const uint64_t waits[] = {
		SYS_sched_yield,
		SYS_futex,
		SYS_clock_nanosleep,
#ifdef SYS_nanosleep
		SYS_nanosleep,
#endif
	};
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (loop->first_syscall == waits[i])
			return true;
	return loop->syscalls == 0;
}

/* Its iterations differ (a counter, a random delay), but what it waits for does not change. */
static bool spins_on_same_word(const struct livelock_history *history, const struct proc_task *task,
	const struct loop_result *loop, struct finding *finding)
{
	uint64_t cpu_ns = task->cpu_ns - history->cpu_start_ns;
	if (!loop->syscalls && loop->period < STRONG_STEPS)
		return false;
	if (cpu_ns < strong_cpu_ns || history->same_word_count < STRONG_ATTEMPTS - 1 ||
		!only_waits(loop) || writes_what_it_reads(loop))
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding, REASON_SPINS, (cpu_ns + NS_PER_MS / 2) / NS_PER_MS,
		loop->pc_high - loop->pc_low);
	return true;
}

/* A second attempt is not worthwhile where strong evidence was seen from outside. */
static bool proof_worthwhile(const struct livelock_history *history)
{
	return !history->attempts || !history->futex || history->waits < STRONG_WAITS;
}

/* A thread that sleeps in between is judged by its waits, since it uses little CPU time. */
static bool enough_seen(const struct livelock_history *history, const struct proc_task *task)
{
	if (history->waits)
		return history->waits >= history->next_wait;
	return task->cpu_ns - history->cpu_start_ns >= history->next_cpu_ns;
}

static bool conclude(const struct livelock_history *history, const struct proc_task *task,
	bool alone, const struct loop_result *loop, struct finding *finding)
{
	if (loop->outcome == LOOP_PROVEN && alone) {
		proven(finding, loop);
		return true;
	}
	return repeats_same_wait(history, finding) ||
	       (loop->steps > 0 && spins_on_same_word(history, task, loop, finding));
}

static void attempt_proof(
	struct livelock_history *history, const struct proc_task *task, struct loop_result *loop)
{
	/* Without the right to trace, only what was seen from outside counts. */
	if (loop_prove(task->tid, LOOP_STEPS, LOOP_DEADLINE_MS << history->attempts, loop) != 0)
		loop->steps = 0;
	if (history->attempts < ATTEMPTS_MAX)
		history->attempts++;
	/* If this is not enough, the next attempt is made after twice as much. */
	history->next_cpu_ns *= 2;
	history->next_wait = history->waits < STRONG_WAITS ? STRONG_WAITS : 2 * history->waits;
}

/* The CPU time that stepping costs the thread is no evidence against it. */
static void discount_stepping(
	struct livelock_history *history, pid_t pid, const struct proc_task *before)
{
	struct proc_task after;
	if (proc_task(pid, before->tid, &after) == 0)
		history->cpu_start_ns += after.cpu_ns - before->cpu_ns;
}

bool livelock_detect(struct livelock_history *history, const struct suspect *suspect,
	const struct proc_task *task, bool alone, struct finding *finding)
{
	static struct loop_result loop;
	struct proc_scan scan;
	if (!enough_seen(history, task))
		return false;
	loop = (struct loop_result){.pc = task->pc, .sp = task->sp};
	if (proof_worthwhile(history)) {
		attempt_proof(history, task, &loop);
		sample_spin_word(history, suspect, &loop);
	}
	bool concluded = conclude(history, task, alone, &loop, finding);
	if (loop.steps > 0)
		discount_stepping(history, suspect->pid, task);
	if (!concluded || proc_scan(suspect->pid, &scan) != 0)
		return false;
	const struct loop_location *word = lock_word(suspect, &loop);
	uint64_t address = word ? word->address : history->futex;
	if (address)
		evidence_lock(finding, suspect, address, &scan);
	evidence_waiter(finding, suspect, loop.pc, loop.sp);
	return true;
}

/* ---- In one go ---- */

static void pin_to_own_cpu(pid_t tid)
{
	cpu_set_t here;
	if (sched_getaffinity(0, sizeof(here), &here) == 0)
		sched_setaffinity(tid, sizeof(here), &here);
}

static bool is_back_in_wait(const struct suspect *suspect, const struct proc_task *before,
	uint32_t word, const struct loop_result *loop, struct finding *finding)
{
	struct proc_task task;
	uint32_t word_now = 0;
	struct task_wait was = task_wait(before);
	if (was.kind != WAIT_FUTEX_TIMED || !only_waits(loop) ||
		proc_task(suspect->pid, before->tid, &task) != 0)
		return false;
	struct task_wait is = task_wait(&task);
	proc_mem_read(suspect->pid, was.futex, &word_now, sizeof(word_now));
	if (is.kind != WAIT_FUTEX_TIMED || is.futex != was.futex || word_now != word)
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding, REASON_FOLLOWED, loop->steps, 0);
	return true;
}

/* Right after the last step it may not have reached its next wait yet. */
static bool returns_to_wait(const struct suspect *suspect, const struct proc_task *before,
	uint32_t word, const struct loop_result *loop, struct finding *finding)
{
	enum { ATTEMPTS = 50 };
	for (int i = 0; i < ATTEMPTS; i++) {
		if (is_back_in_wait(suspect, before, word, loop, finding))
			return true;
		sleep_ns(NS_PER_MS);
	}
	return false;
}

bool livelock_detect_stepped(
	const struct suspect *suspect, const struct proc_task *task, struct finding *finding)
{
	static struct loop_result loop;
	struct proc_scan scan;
	struct task_wait wait = task_wait(task);
	uint32_t word = 0;
	if (wait.futex)
		proc_mem_read(suspect->pid, wait.futex, &word, sizeof(word));
	pin_to_own_cpu(task->tid);
	if (loop_prove(task->tid, DETECT_STEPS, DETECT_TIMEOUT_MS, &loop) != 0)
		return false;
	if (loop.outcome == LOOP_PROVEN)
		proven(finding, &loop);
	else if (!returns_to_wait(suspect, task, word, &loop, finding))
		return false;
	if (proc_scan(suspect->pid, &scan) != 0)
		return false;
	const struct loop_location *lock = lock_word(suspect, &loop);
	if (wait.futex || lock)
		evidence_lock(finding, suspect, wait.futex ? wait.futex : lock->address, &scan);
	/* Stepping ends anywhere in the loop, so where it waits is preferred. */
	evidence_waiter(
		finding, suspect, wait.futex ? task->pc : loop.pc, wait.futex ? task->sp : loop.sp);
	return true;
}
