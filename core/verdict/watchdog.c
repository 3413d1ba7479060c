#include "watchdog.h"

#include "deadlock.h"
#include "evidence.h"
#include "monotonic.h"
#include "step.h"

#include <stdio.h>
#include <string.h>

/*
 * A parent's fork() may rightly wait for a lock that a worker holds and will soon release, so it is
 * looked at only after this long without progress.
 */
static const uint64_t parent_patience_ns = 3 * 1000 * 1000;

void watch_begin(struct watch *watch, struct spawned *runner, double deadline_s)
{
	*watch = (struct watch){
		.runner = runner,
		.deadline_ns = (uint64_t)(deadline_s * 1e9),
		.trial = UINT32_MAX,
	};
	watch->since_ns = watch->looked_ns = monotonic_ns();
}

/* Asks the workers to stay out of the allocator, under a new number, or lets them go on. */
static void hold(struct watch *watch, bool on)
{
	if ((watch->hold != 0) == on)
		return;
	watch->hold = on ? ++watch->requests : 0;
	atomic_store(&watch->runner->page->hold, watch->hold);
}

/* True when something moved since the last tick. */
static bool moved_on(struct watch *watch, const struct trial *trial, uint64_t now)
{
	uint32_t state = atomic_load_explicit(&trial->state, memory_order_acquire);
	uint64_t progress =
		atomic_load(&trial->child.progress) + atomic_load(&trial->parent.progress);
	if (trial->number == watch->trial && state == watch->state && progress == watch->progress)
		return false;
	watch->trial = trial->number;
	watch->state = state;
	watch->progress = progress;
	watch->since_ns = now;
	watch->stopped_ns = 0;
	watch->track = (struct livelock_track){0};
	hold(watch, false);
	return true;
}

/* ---- Proof: blocked for ever ---- */

/* The tids of the workers at the gate. */
struct parked {
	unsigned count;
	int32_t tid[PAGE_WORKERS_MAX];
};

/*
 * Read before the look, never after it: a worker at the gate stays there as long as the request
 * stands, but one that is seen there afterwards may have been in the allocator during the look.
 */
static struct parked who_is_parked(const struct suspect *suspect)
{
	struct parked parked = {0};
	uint32_t request = suspect->parent ? atomic_load(&suspect->page->hold) : 0;
	for (int i = 0; request && i < PAGE_WORKERS_MAX; i++)
		if (atomic_load(&suspect->page->parked[i]) == request)
			parked.tid[parked.count++] = atomic_load(&suspect->page->worker_tid[i]);
	return parked;
}

static bool is_parked(const struct parked *parked, pid_t tid)
{
	for (unsigned i = 0; i < parked->count; i++)
		if (parked->tid[i] == tid)
			return true;
	return false;
}

static void know_threads(const struct suspect *suspect, const struct parked *parked,
	const struct proc_look *look, struct hang_thread *threads)
{
	for (unsigned i = 0; i < look->tasks; i++) {
		struct proc_mapping mapping;
		struct wait wait = hang_wait(&look->task[i]);
		threads[i] = (struct hang_thread){.parked = is_parked(parked, look->task[i].tid)};
		if (wait.kind == WAIT_FUTEX && !wait.private_futex)
			threads[i].memory_shared =
				proc_mapping(suspect->pid, wait.futex, &mapping) != 0 ||
				mapping.shared;
	}
}

static const struct proc_task *task_of(const struct proc_look *look, pid_t tid)
{
	for (unsigned i = 0; i < look->tasks; i++)
		if (look->task[i].tid == tid)
			return &look->task[i];
	return &look->task[0];
}

/*
 * A thread that waits for another one's end (the word holds that one's tid until then) is not where
 * the trouble is: the other one is.
 */
static const struct proc_task *culprit(
	const struct suspect *suspect, const struct proc_look *look, const struct proc_task *task)
{
	uint32_t word;
	for (unsigned hops = 0; hops < look->tasks; hops++) {
		struct wait wait = hang_wait(task);
		if (proc_memory(suspect->pid, wait.futex, &word, sizeof word) !=
			(ssize_t)sizeof word)
			break;
		const struct proc_task *next = task_of(look, (pid_t)word);
		if (next->tid != (pid_t)word || next == task)
			break;
		task = next;
	}
	return task;
}

static void give_reasons(
	struct finding *finding, const struct proc_look *look, const struct wait *wait)
{
	if (look->tasks == 1)
		evidence_reason(finding,
			"the process has one thread, asleep in a futex wait without a timeout");
	else
		evidence_reason(finding,
			"all %u threads are asleep in futex waits without a timeout, or kept away "
			"from the allocator by forklab; none ran during the look",
			look->tasks);
	evidence_reason(finding, "the word is %s: no other process can wake it",
		wait->private_futex ? "a process-private futex" : "in private memory");
	evidence_reason(finding, "no signal with a handler is pending, and neither a timer nor a "
				 "child process could "
				 "send one");
}

/* True when the process is blocked for ever; then the finding has all its evidence. */
bool watch_blocked(const struct suspect *suspect, pid_t tid, struct finding *finding)
{
	struct proc_look look;
	struct hang_thread threads[PROC_TASKS_MAX];
	const char *why_not;
	struct parked parked = who_is_parked(suspect);
	if (proc_look(suspect->pid, &look) != 0)
		return false;
	know_threads(suspect, &parked, &look, threads);
	if (!hang_for_ever(&look, threads, &why_not))
		return false;
	const struct proc_task *task = culprit(suspect, &look, task_of(&look, tid));
	struct wait wait = hang_wait(task);
	finding->certainty = CERTAINTY_PROVEN;
	give_reasons(finding, &look, &wait);
	evidence_lock(finding, suspect, wait.futex, &look);
	evidence_waiter(finding, suspect, task->pc, task->sp);
	return true;
}

/* ---- The child ---- */

/* The pid comes from a page that anybody may have scribbled on: it must be the runner's child. */
static pid_t child_of(const struct watch *watch, const struct trial *trial)
{
	pid_t pid = atomic_load(&trial->child_pid);
	return pid > 1 && proc_parent(pid) == watch->runner->pid ? pid : 0;
}

bool watch_child_lives(const struct watch *watch, const struct trial *trial, pid_t *child)
{
	int status;
	*child = child_of(watch, trial);
	return *child > 0 && !proc_is_zombie(*child, watch->runner->pid, &status);
}

static bool all_others_sleep(const struct proc_look *look, pid_t tid)
{
	for (unsigned i = 0; i < look->tasks; i++)
		if (look->task[i].tid != tid &&
			(hang_wait(&look->task[i]).kind != WAIT_FUTEX || !look->task[i].asleep))
			return false;
	return look->all;
}

bool watch_in_charge(const struct suspect *suspect, struct proc_task *task)
{
	struct proc_look look;
	struct proc_task joined;
	uint32_t word = 0;
	if (proc_task(suspect->pid, suspect->pid, task) != 0)
		return false;
	struct wait wait = hang_wait(task);
	/* Most waits are for a lock, whose word is no tid: a look at all threads is dear. */
	if (wait.kind != WAIT_FUTEX ||
		proc_memory(suspect->pid, wait.futex, &word, sizeof word) != (ssize_t)sizeof word ||
		proc_task(suspect->pid, (pid_t)word, &joined) != 0 ||
		proc_look(suspect->pid, &look) != 0)
		return true;
	const struct proc_task *last = culprit(suspect, &look, task_of(&look, suspect->pid));
	if (last->tid != suspect->pid && all_others_sleep(&look, last->tid))
		*task = *last;
	return true;
}

/*
 * A child may have forked again, and waits for that process then: the last generation has written
 * its pid into the diary. Believed if it descends from the child within a few generations.
 */
pid_t watch_last_generation(const struct trial *trial, pid_t child)
{
	enum { GENERATIONS_MAX = 8 };
	pid_t last = atomic_load(&trial->child.pid), pid = last;
	for (int i = 0; i < GENERATIONS_MAX && pid > 1 && pid != child; i++)
		pid = proc_parent(pid);
	return last > 1 && pid == child ? last : child;
}

bool watch_alone(const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	if (proc_task(suspect->pid, suspect->pid, &task) != 0)
		return false;
	enum wait_kind kind = hang_wait(&task).kind;
	if (kind == WAIT_STOPPED)
		step_release(task.tid);
	finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_DEADLOCK;
	return kind == WAIT_FUTEX && watch_blocked(suspect, suspect->pid, finding);
}

bool watch_process(
	struct livelock_track *track, const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	if (!watch_in_charge(suspect, &task))
		return false;
	switch (hang_wait(&task).kind) {
	case WAIT_FUTEX:
		finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_DEADLOCK;
		return watch_blocked(suspect, suspect->pid, finding);
	case WAIT_STOPPED:
		step_release(task.tid);
		return false;
	case WAIT_KERNEL:
	case WAIT_OTHER_SYSCALL:
		return false;
	default:
		finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_LIVELOCK;
		livelock_follow(track, suspect->pid, &task);
		return livelock_found(track, suspect, &task, true, finding);
	}
}

/* ---- The parent ---- */

/* What the other threads could do for a thread that seems to spin. */
enum others {
	OTHERS_RUN,   /* they may still help it */
	OTHERS_WAIT,  /* they come and go between timed waits, and none does any work */
	OTHERS_STILL, /* all are at forklab's gate or blocked: nobody changes its memory */
};

static enum others what_others_do(const struct suspect *suspect, pid_t tid)
{
	struct proc_look look;
	enum others result = OTHERS_STILL;
	struct parked parked = who_is_parked(suspect);
	if (proc_look(suspect->pid, &look) != 0 || !look.all)
		return OTHERS_RUN;
	for (unsigned i = 0; i < look.tasks; i++) {
		const struct proc_task *task = &look.task[i];
		enum wait_kind kind = hang_wait(task).kind;
		if (task->tid == tid || is_parked(&parked, task->tid) ||
			(kind == WAIT_FUTEX && task->asleep))
			continue;
		if (kind != WAIT_FUTEX_TIMED)
			return OTHERS_RUN;
		result = OTHERS_WAIT;
	}
	return result;
}

static pid_t thread_in_charge(const struct suspect *suspect, uint32_t state)
{
	pid_t forker = atomic_load(&suspect->trial->forker_tid);
	return state == TRIAL_FORKING && forker > 0 ? forker
						    : atomic_load(&suspect->page->main_tid);
}

static bool parent_stuck(struct watch *watch, const struct suspect *suspect, uint64_t quiet_ns,
	struct finding *finding)
{
	struct proc_task task;
	pid_t tid = thread_in_charge(suspect, watch->state);
	if (quiet_ns < parent_patience_ns || proc_task(suspect->pid, tid, &task) != 0)
		return false;
	finding->verdict = VERDICT_PARENT_DEADLOCK;
	enum wait_kind kind = hang_wait(&task).kind;
	if (kind == WAIT_STOPPED)
		step_release(task.tid);
	if (kind == WAIT_STOPPED || kind == WAIT_KERNEL || kind == WAIT_OTHER_SYSCALL)
		return false;
	/* While aiming, a worker kept away might be the very one that is to call fork(). */
	if (watch->state != TRIAL_AIMING && !watch->hold) {
		hold(watch, true);
		return false;
	}
	if (kind == WAIT_FUTEX)
		return watch_blocked(suspect, tid, finding);
	livelock_follow(&watch->track, suspect->pid, &task);
	enum others others = what_others_do(suspect, tid);
	return others != OTHERS_RUN &&
	       livelock_found(&watch->track, suspect, &task, others == OTHERS_STILL, finding);
}

/* ---- Both ---- */

static bool is_stopped(pid_t pid)
{
	struct proc_task task;
	return pid > 0 && proc_task(pid, pid, &task) == 0 && hang_wait(&task).kind == WAIT_STOPPED;
}

/* A stopped child makes no progress, and neither does a stopped parent that is to wait for its
 * child. */
static void note_stop(struct watch *watch, pid_t child, uint64_t now)
{
	if (is_stopped(watch->runner->pid) || is_stopped(child))
		watch->stopped_ns += now - watch->looked_ns;
}

/*
 * Time that passes while nobody looks (the machine was suspended, or forklab got no processor) is
 * no evidence: the process under test may have stood still for the same reason.
 */
static void note_absence(struct watch *watch, uint64_t now)
{
	static const uint64_t most_ns = UINT64_C(100) * 1000 * 1000;
	if (now - watch->looked_ns > most_ns)
		watch->stopped_ns += now - watch->looked_ns - most_ns;
}

static bool overdue(const struct watch *watch, uint64_t quiet_ns, struct finding *finding)
{
	if (quiet_ns < watch->deadline_ns + watch->stopped_ns)
		return false;
	finding->verdict = VERDICT_UNKNOWN;
	evidence_reason(finding,
		"no progress for %.1f s, and neither proof nor strong evidence why",
		(double)(quiet_ns - watch->stopped_ns) / 1e9);
	return true;
}

static double latency_ms(const struct trial *trial, uint64_t now)
{
	uint64_t last = atomic_load(&trial->child.at_ns);
	return last > 0 && last <= now ? (double)(now - last) / 1e6 : -1;
}

static const char *why_stuck(const struct watch *watch, const struct finding *finding)
{
	if (finding->verdict == VERDICT_UNKNOWN)
		return "no progress before the deadline";
	if (finding->verdict != VERDICT_PARENT_DEADLOCK)
		return "stuck";
	if (watch->state == TRIAL_FORKING)
		return "fork() never comes back";
	return "stuck outside of fork()";
}

bool watch_tick(
	struct watch *watch, const struct trial *trial, struct finding *finding, pid_t *child)
{
	uint64_t now = monotonic_ns();
	struct suspect suspect = {.page = watch->runner->page, .trial = trial};
	bool stuck = false;
	/* A child is looked at on first sight: asleep for ever is for ever from its first moment.
	 */
	bool moved = moved_on(watch, trial, now);
	uint64_t quiet_ns = now - watch->since_ns;
	*finding = (struct finding){.latency_ms = -1};
	if (moved) {
		*child = 0;
	} else if (watch->state == TRIAL_CHILD && watch_child_lives(watch, trial, child)) {
		suspect.pid = watch_last_generation(trial, *child);
		stuck = watch_process(&watch->track, &suspect, finding);
	} else if (watch->state != TRIAL_DONE && watch->state != TRIAL_FREE) {
		suspect.pid = watch->runner->pid;
		suspect.parent = true;
		stuck = parent_stuck(watch, &suspect, quiet_ns, finding);
	}
	if (!stuck && !moved)
		note_stop(watch, watch->state == TRIAL_CHILD ? suspect.pid : 0, now);
	note_absence(watch, now);
	if (!stuck && watch->state != TRIAL_DONE && watch->state != TRIAL_FREE)
		stuck = overdue(watch, quiet_ns, finding);
	watch->looked_ns = now;
	if (!stuck)
		return false;
	if (!suspect.parent)
		finding->latency_ms = latency_ms(trial, monotonic_ns());
	evidence_from_page(finding, &suspect);
	evidence_sentence(finding, &suspect, why_stuck(watch, finding), "");
	return true;
}
