#include "livelock.h"

#include "deadlock_proof.h"
#include "loop.h"
#include "monotonic.h"
#include "proc_mem.h"

#include <sched.h>

/*
 * When a thread is suspected, when it is examined again, and what counts as strong evidence. A
 * child's step takes some microseconds of CPU time, so some milliseconds without one are suspect.
 */
static const uint64_t suspect_cpu_ns = 4 * 1000 * 1000;
static const uint64_t strong_cpu_ns = 20 * 1000 * 1000;
static const uint64_t counting_cpu_ns = UINT64_C(1000) * 1000 * 1000; /* with a counter in memory */
enum {
	SUSPECT_WAITS = 2,
	STRONG_WAITS = 3,
	LOOP_STEPS = 4000,
	LOOP_DEADLINE_MS = 20, /* of the first attempt; a loaded machine may need more */
	STRONG_ATTEMPTS = 2,   /* at a proof, before a spin counts as strong evidence, */
	STRONG_STEPS = 128,    /* with so many instructions in one go: any eight change nothing */
	ATTEMPTS_MAX = 5,
	WAITS_STEP_MAX = 4, /* sleeps between two attempts: they may be long */
	COUNTERS_MAX = 4,
	DETECT_STEPS = 1000,
	KNOWN_STEPS = 300, /* to recognise a loop that is known */
	DETECT_TIMEOUT_MS =
		4000, /* only against a thread that sleeps much longer than allocators do */
};

void livelock_sample(struct livelock_history *history, pid_t pid, const struct proc_task *task)
{
	struct task_wait wait = task_wait(task);
	if (!history->started || history->tid != task->tid) {
		*history = (struct livelock_history){.started = true,
			.tid = task->tid,
			.started_ns = monotonic_ns(),
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

/* Words outside of the stack that the loop reads and changes. */
static unsigned changed_words(const struct loop_result *loop)
{
	unsigned count = 0;
	for (unsigned i = 0; i < loop->locations; i++)
		count += loop->location[i].changed && !loop->location[i].on_stack;
	return count;
}

static bool is_known_whole(const struct loop_result *loop)
{
	return !loop->more_locations && !loop->wrote_too_much;
}

/* A word that an atomic instruction writes, with the value that it had: a lock that is not free. */
static bool tries_a_lock(const struct loop_result *loop)
{
	for (unsigned i = 0; i < loop->locations; i++) {
		const struct loop_location *location = &loop->location[i];
		if (location->atomic && location->written && !location->changed &&
			!location->on_stack)
			return true;
	}
	return false;
}

static void add_code(struct finding *finding, const struct loop_result *loop)
{
	finding->code_low = loop->pc_low;
	finding->code_high = loop->pc_high;
}

/* The word that it waits for has another value since then: a handler ran. */
static bool has_changed(const struct suspect *suspect, const struct loop_result *loop)
{
	const struct loop_location *word = lock_word(suspect, loop);
	uint64_t value = 0;
	size_t size = word ? word->size : 0;
	if (size == 0 || size > sizeof(value))
		return false;
	return proc_mem_read(suspect->pid, word->address, &value, size) != (ssize_t)size ||
	       value != word->value;
}

/* A signal of a timer or of a child may end a loop. */
static bool proven(
	struct finding *finding, const struct suspect *suspect, const struct loop_result *loop)
{
	bool timers_unknown;
	if (deadlock_may_get_signal(suspect->pid, &timers_unknown) || has_changed(suspect, loop))
		return false;
	finding->certainty = timers_unknown ? CERTAINTY_STRONG : CERTAINTY_PROVEN;
	evidence_reason(finding, REASON_STATE_RECURS, loop->period, loop->syscalls != 0);
	evidence_reason(finding, REASON_NO_OTHER_WRITER, 0, 0);
	if (timers_unknown)
		evidence_reason(finding, REASON_TIMERS_UNKNOWN, 0, 0);
	return true;
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
	return loop->other_syscalls == 0;
}

/* Its iterations differ (a counter, a random delay), but what it waits for does not change. */
static bool spins_on_same_word(const struct livelock_history *history, const struct proc_task *task,
	const struct loop_result *loop, struct finding *finding)
{
	uint64_t cpu_ns = task->cpu_ns - history->cpu_start_ns;
	bool counts = changed_words(loop) > 0;
	if (!loop->syscalls && loop->period < STRONG_STEPS)
		return false;
	if (history->same_word_count < STRONG_ATTEMPTS - 1 || !only_waits(loop) ||
		!is_known_whole(loop) || cpu_ns < (counts ? counting_cpu_ns : strong_cpu_ns) ||
		(counts && (changed_words(loop) > COUNTERS_MAX || !tries_a_lock(loop))))
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding, counts ? REASON_COUNTS : REASON_SPINS,
		(cpu_ns + NS_PER_MS / 2) / NS_PER_MS, loop->pc_high - loop->pc_low);
	add_code(finding, loop);
	return true;
}

static bool is_patience_over(const struct livelock_history *history, const struct suspect *suspect)
{
	return monotonic_ns() - history->started_ns >= suspect->deadline_ns / 2;
}

/*
 * One that sleeps between its looks at a word uses no CPU time to speak of. Many programs do that
 * for a while and then go on, so it takes half of the deadline.
 */
static bool sleeps_on_same_word(const struct livelock_history *history,
	const struct suspect *suspect, const struct loop_result *loop, struct finding *finding)
{
	if (history->waits < STRONG_WAITS || history->same_word_count < STRONG_ATTEMPTS - 1 ||
		!only_waits(loop) || !is_known_whole(loop) || !tries_a_lock(loop) ||
		!is_patience_over(history, suspect))
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding, REASON_SAME_SLEEP, history->waits,
		(monotonic_ns() - history->started_ns) / NS_PER_MS);
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

static bool conclude(const struct livelock_history *history, const struct suspect *suspect,
	const struct proc_task *task, bool alone, const struct loop_result *loop,
	struct finding *finding)
{
	if (loop->outcome == LOOP_PROVEN && alone)
		return proven(finding, suspect, loop);
	return repeats_same_wait(history, finding) ||
	       (loop->steps > 0 && (spins_on_same_word(history, task, loop, finding) ||
					   sleeps_on_same_word(history, suspect, loop, finding)));
}

static void attempt_proof(struct livelock_history *history, const struct suspect *suspect,
	const struct proc_task *task, struct loop_result *loop)
{
	bool timers_unknown;
	/* Without the right to trace, only what was seen from outside counts. */
	if (deadlock_may_get_signal(suspect->pid, &timers_unknown) ||
		loop_prove(task->tid, LOOP_STEPS, LOOP_DEADLINE_MS << history->attempts, loop) != 0)
		loop->steps = 0;
	if (history->attempts < ATTEMPTS_MAX)
		history->attempts++;
	/* If this is not enough, the next attempt is made after twice as much. */
	history->next_cpu_ns *= 2;
	unsigned more = history->waits < WAITS_STEP_MAX ? history->waits : WAITS_STEP_MAX;
	history->next_wait = history->waits < STRONG_WAITS ? STRONG_WAITS : history->waits + more;
}

/* The time that stepping costs the thread, and its stops, are no evidence against it. */
static void discount_stepping(struct livelock_history *history, pid_t pid,
	const struct proc_task *before, uint64_t started_ns)
{
	struct proc_task after;
	history->started_ns += monotonic_ns() - started_ns;
	if (proc_task(pid, before->tid, &after) != 0)
		return;
	history->cpu_start_ns += after.cpu_ns - before->cpu_ns;
	history->voluntary_switches = after.voluntary_switches;
}

bool livelock_detect(struct livelock_history *history, const struct suspect *suspect,
	const struct proc_task *task, bool alone, struct finding *finding)
{
	static struct loop_result loop;
	struct proc_scan scan;
	if (!enough_seen(history, task))
		return false;
	uint64_t started_ns = monotonic_ns();
	loop = (struct loop_result){.pc = task->pc, .sp = task->sp};
	if (proof_worthwhile(history)) {
		attempt_proof(history, suspect, task, &loop);
		sample_spin_word(history, suspect, &loop);
	}
	bool concluded = conclude(history, suspect, task, alone, &loop, finding);
	if (loop.steps > 0)
		discount_stepping(history, suspect->pid, task, started_ns);
	if (!concluded || proc_scan(suspect->pid, &scan) != 0)
		return false;
	const struct loop_location *word = lock_word(suspect, &loop);
	/* The word of its timed wait is certain; stepping may have seen a part of the loop only. */
	uint64_t address = history->waits >= SUSPECT_WAITS ? history->futex : 0;
	if (!address && word)
		address = word->address;
	if (address)
		evidence_lock(finding, suspect, address, &scan);
	/* Stepping ends anywhere in the loop; where it sleeps is what others can be compared with. */
	bool sleeps = task_wait(task).kind == WAIT_SLEEP;
	if (sleeps)
		finding->wait = (struct finding_wait){
			.kind = WAIT_SLEEP, .syscall = task->syscall, .fd = -1};
	evidence_waiter(finding, suspect, sleeps ? task->pc : loop.pc, sleeps ? task->sp : loop.sp);
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

/* All of it within the code of a loop that was examined before, and around the same word. */
static const struct finding *find_known(const struct loop_result *loop,
	const struct loop_location *word, const struct finding *const *known, unsigned count)
{
	for (unsigned i = 0; word && only_waits(loop) && i < count; i++)
		if (loop->pc_low >= known[i]->code_low && loop->pc_high <= known[i]->code_high &&
			word->address == known[i]->futex &&
			(uint32_t)word->value == known[i]->futex_value)
			return known[i];
	return NULL;
}

static bool conclude_stepped(const struct suspect *suspect, const struct proc_task *task,
	uint32_t word, const struct loop_result *loop, struct finding *finding)
{
	return loop->outcome == LOOP_PROVEN ? proven(finding, suspect, loop)
					    : returns_to_wait(suspect, task, word, loop, finding);
}

bool livelock_detect_stepped(const struct suspect *suspect, const struct proc_task *task,
	const struct finding *const *known, unsigned known_count, struct finding *finding,
	const struct finding **same_as)
{
	static struct loop_result loop;
	static struct proc_scan scan;
	struct task_wait wait = task_wait(task);
	uint32_t word = 0;
	bool timers_unknown;
	*same_as = NULL;
	if (wait.futex)
		proc_mem_read(suspect->pid, wait.futex, &word, sizeof(word));
	pin_to_own_cpu(task->tid);
	unsigned steps = known_count > 0 ? KNOWN_STEPS : DETECT_STEPS;
	/* Asked before and after: an alarm that goes off in between is in neither answer. */
	if (deadlock_may_get_signal(suspect->pid, &timers_unknown))
		return false;
	if (loop_prove(task->tid, steps, DETECT_TIMEOUT_MS, &loop) != 0)
		return false;
	const struct loop_location *lock = lock_word(suspect, &loop);
	if (loop.outcome != LOOP_PROVEN)
		*same_as = find_known(&loop, lock, known, known_count);
	if (*same_as)
		return true;
	if (!conclude_stepped(suspect, task, word, &loop, finding) ||
		proc_scan(suspect->pid, &scan) != 0)
		return false;
	if (wait.futex || lock)
		evidence_lock(finding, suspect, wait.futex ? wait.futex : lock->address, &scan);
	/* Stepping ends anywhere in the loop, so where it waits is preferred. */
	evidence_waiter(
		finding, suspect, wait.futex ? task->pc : loop.pc, wait.futex ? task->sp : loop.sp);
	return true;
}
