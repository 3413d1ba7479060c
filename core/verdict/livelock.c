#include "livelock.h"

#include "loop.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>

/*
 * When to suspect, when to ask again, and what counts as strong evidence. A child's step takes some
 * microseconds of CPU time, so some milliseconds without one are already strange.
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
	EXAMINE_STEPS = 1000,
	EXAMINE_MS = 4000, /* only against a thread that sleeps much longer than allocators do */
};

void livelock_follow(struct livelock_track *track, pid_t pid, const struct proc_task *task)
{
	struct wait wait = hang_wait(task);
	if (!track->started || track->tid != task->tid) {
		*track = (struct livelock_track){.started = true,
			.tid = task->tid,
			.cpu_start_ns = task->cpu_ns,
			.sleeps = task->sleeps,
			.next_cpu = suspect_cpu_ns,
			.next_wait = SUSPECT_WAITS};
	}
	if (wait.kind != WAIT_FUTEX_TIMED && wait.kind != WAIT_SLEEP && wait.kind != WAIT_YIELD)
		return;
	uint32_t word = 0;
	if (wait.futex)
		proc_memory(pid, wait.futex, &word, sizeof word);
	if (wait.futex != track->futex || word != track->word) {
		track->futex = wait.futex;
		track->word = word;
		track->waits = 0;
	}
	track->waits += (unsigned)(task->sleeps - track->sleeps);
	track->sleeps = task->sleeps;
}

/* The same word, with the same value, found again and again by a thread that only waits for it. */
static bool waits_in_vain(const struct livelock_track *track, struct finding *finding)
{
	if (!track->futex || track->waits < STRONG_WAITS)
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding,
		"it came back %u times to a futex wait with a timeout on the same word, whose "
		"value "
		"never changed, and made no progress in between",
		track->waits);
	return true;
}

/* ---- Asking the processor ---- */

enum { LIKE_CONSTANT = 1, LIKE_READ, LIKE_WRITTEN, LIKE_FUTEX };

/* How likely it is that this is the lock word: the greater, the more. */
static int lock_likeness(const struct suspect *suspect, const struct loop_watch *watch)
{
	struct proc_mapping mapping;
	if (watch->on_stack || watch->changed)
		return 0;
	if (watch->futex)
		return LIKE_FUTEX;
	if (watch->written)
		return LIKE_WRITTEN;
	/* A loop also reads constants: addresses in the module's table of offsets, say. */
	bool writable =
		proc_mapping(suspect->pid, watch->address, &mapping) == 0 && mapping.writable;
	return writable ? LIKE_READ : LIKE_CONSTANT;
}

static const struct loop_watch *lock_word(
	const struct suspect *suspect, const struct loop_result *loop)
{
	const struct loop_watch *best = NULL;
	int likeness = 0;
	for (unsigned i = 0; i < loop->watches; i++) {
		int this = lock_likeness(suspect, &loop->watch[i]);
		if (this > likeness) {
			best = &loop->watch[i];
			likeness = this;
		}
	}
	return best;
}

static bool writes_what_it_reads(const struct loop_result *loop)
{
	for (unsigned i = 0; i < loop->watches; i++)
		if (loop->watch[i].changed && !loop->watch[i].on_stack)
			return true;
	return loop->more_watches || loop->wrote_much;
}

static void proven(struct finding *finding, const struct loop_result *loop)
{
	finding->certainty = CERTAINTY_PROVEN;
	evidence_reason(finding,
		"stepped through: after %u instructions%s all its registers and all memory that "
		"it wrote are the same again",
		loop->round, loop->syscalls ? " and the system calls among them" : "");
	evidence_reason(finding, "no other thread or process can write the memory that it reads");
}

/*
 * Whether it reads one and the same word at every attempt. One that only computes reads none that
 * could be a lock, and one that makes progress reads others.
 */
static void follow_word(
	struct livelock_track *track, const struct suspect *suspect, const struct loop_result *loop)
{
	const struct loop_watch *word = lock_word(suspect, loop);
	bool is_lock = word && lock_likeness(suspect, word) > LIKE_CONSTANT;
	uint64_t address = is_lock ? word->address : 0;
	track->same_word = address && address == track->spin_word ? track->same_word + 1 : 0;
	track->spin_word = address;
}

/* Whoever writes, maps or forks is at work, however long it takes. */
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
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++)
		if (loop->first_syscall == waits[i])
			return true;
	return loop->syscalls == 0;
}

/* Its rounds differ in something (a counter, a random delay), but what it waits for does not
 * change. */
static bool spins_in_vain(const struct livelock_track *track, const struct proc_task *task,
	const struct loop_result *loop, struct finding *finding)
{
	uint64_t cpu_ns = task->cpu_ns - track->cpu_start_ns;
	if (!loop->syscalls && loop->round < STRONG_STEPS)
		return false;
	if (cpu_ns < strong_cpu_ns || track->same_word < STRONG_ATTEMPTS - 1 || !only_waits(loop) ||
		writes_what_it_reads(loop))
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding,
		"it used %.0f ms of CPU time without progress, within %" PRIu64
		" bytes of code that read the same words and change none of them",
		(double)cpu_ns / 1e6, loop->pc_high - loop->pc_low);
	return true;
}

/* A proof is not tried for again where enough was seen from outside. */
static bool worth_a_try(const struct livelock_track *track)
{
	return !track->attempts || !track->futex || track->waits < STRONG_WAITS;
}

/* One that sleeps now and then is judged by its waits: they say more than the little CPU time. */
static bool enough_seen(const struct livelock_track *track, const struct proc_task *task)
{
	if (track->waits)
		return track->waits >= track->next_wait;
	return task->cpu_ns - track->cpu_start_ns >= track->next_cpu;
}

static bool conclude(const struct livelock_track *track, const struct proc_task *task, bool alone,
	const struct loop_result *loop, struct finding *finding)
{
	if (loop->outcome == LOOP_PROVEN && alone) {
		proven(finding, loop);
		return true;
	}
	return waits_in_vain(track, finding) ||
	       (loop->steps > 0 && spins_in_vain(track, task, loop, finding));
}

static void attempt_proof(
	struct livelock_track *track, const struct proc_task *task, struct loop_result *loop)
{
	/* Without the right to trace, what was seen from outside must do. */
	if (loop_prove(task->tid, LOOP_STEPS, LOOP_DEADLINE_MS << track->attempts, loop) != 0)
		loop->steps = 0;
	if (track->attempts < ATTEMPTS_MAX)
		track->attempts++;
	/* Again when more was seen, if this is not enough. */
	track->next_cpu *= 2;
	track->next_wait = track->waits < STRONG_WAITS ? STRONG_WAITS : 2 * track->waits;
}

bool livelock_found(struct livelock_track *track, const struct suspect *suspect,
	const struct proc_task *task, bool alone, struct finding *finding)
{
	static struct loop_result loop;
	struct proc_look look;
	if (!enough_seen(track, task))
		return false;
	loop = (struct loop_result){.pc = task->pc, .sp = task->sp};
	if (worth_a_try(track)) {
		attempt_proof(track, task, &loop);
		follow_word(track, suspect, &loop);
	}
	if (!conclude(track, task, alone, &loop, finding) || proc_look(suspect->pid, &look) != 0)
		return false;
	const struct loop_watch *word = lock_word(suspect, &loop);
	uint64_t address = word ? word->address : track->futex;
	if (address)
		evidence_lock(finding, suspect, address, &look);
	evidence_waiter(finding, suspect, loop.pc, loop.sp);
	return true;
}

/* ---- In one go ---- */

static void come_here(pid_t tid)
{
	cpu_set_t here;
	if (sched_getaffinity(0, sizeof here, &here) == 0)
		sched_setaffinity(tid, sizeof here, &here);
}

static bool came_back(const struct suspect *suspect, const struct proc_task *before, uint32_t word,
	const struct loop_result *loop, struct finding *finding)
{
	struct proc_task task;
	uint32_t word_now = 0;
	struct wait was = hang_wait(before);
	if (was.kind != WAIT_FUTEX_TIMED || !only_waits(loop) ||
		proc_task(suspect->pid, before->tid, &task) != 0)
		return false;
	struct wait is = hang_wait(&task);
	proc_memory(suspect->pid, was.futex, &word_now, sizeof word_now);
	if (is.kind != WAIT_FUTEX_TIMED || is.futex != was.futex || word_now != word)
		return false;
	finding->certainty = CERTAINTY_STRONG;
	evidence_reason(finding,
		"followed for %u instructions, it came back to a futex wait with a timeout on the "
		"same word, whose value never changed",
		loop->steps);
	return true;
}

/* Right after the last step it may be on its way to the next wait still. */
static bool comes_back(const struct suspect *suspect, const struct proc_task *before, uint32_t word,
	const struct loop_result *loop, struct finding *finding)
{
	static const struct timespec nap = {.tv_nsec = 1000 * 1000};
	enum { LOOKS = 50 };
	for (int look = 0; look < LOOKS; look++) {
		if (came_back(suspect, before, word, loop, finding))
			return true;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
	return false;
}

bool livelock_examine(
	const struct suspect *suspect, const struct proc_task *task, struct finding *finding)
{
	static struct loop_result loop;
	struct proc_look look;
	struct wait wait = hang_wait(task);
	uint32_t word = 0;
	if (wait.futex)
		proc_memory(suspect->pid, wait.futex, &word, sizeof word);
	come_here(task->tid);
	if (loop_prove(task->tid, EXAMINE_STEPS, EXAMINE_MS, &loop) != 0)
		return false;
	if (loop.outcome == LOOP_PROVEN)
		proven(finding, &loop);
	else if (!comes_back(suspect, task, word, &loop, finding))
		return false;
	if (proc_look(suspect->pid, &look) != 0)
		return false;
	const struct loop_watch *lock = lock_word(suspect, &loop);
	if (wait.futex || lock)
		evidence_lock(finding, suspect, wait.futex ? wait.futex : lock->address, &look);
	/* Where it waits, if it does: the end of the stepping is anywhere in the loop. */
	evidence_waiter(
		finding, suspect, wait.futex ? task->pc : loop.pc, wait.futex ? task->sp : loop.sp);
	return true;
}
