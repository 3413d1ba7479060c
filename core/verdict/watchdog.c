#include "watchdog.h"

#include "deadlock_proof.h"
#include "evidence.h"
#include "monotonic.h"
#include "paused_workers.h"
#include "proc_mem.h"
#include "step.h"

#include <string.h>

/*
 * A parent's fork() may rightly wait for a lock that a worker holds and will soon release, so it is
 * looked at only after this long without progress.
 */
static const uint64_t parent_grace_ns = 3 * 1000 * 1000;

void watchdog_begin(struct watchdog *watchdog, struct runner_process *runner, double deadline_s)
{
	*watchdog = (struct watchdog){
		.runner = runner,
		.deadline_ns = (uint64_t)(deadline_s * 1e9),
		.trial = UINT32_MAX,
	};
	watchdog->progress_ns = watchdog->tick_ns = monotonic_ns();
}

/* Asks the workers to stay out of the allocator, under a new number, or lets them go on. */
static void pause_request(struct watchdog *watchdog, bool on)
{
	if ((watchdog->pause_request != 0) == on)
		return;
	watchdog->pause_request = on ? ++watchdog->requests : 0;
	atomic_store(&watchdog->runner->shm->pause_request, watchdog->pause_request);
}

/* True when something moved since the last tick. */
static bool made_progress(struct watchdog *watchdog, const struct trial *trial, uint64_t now)
{
	uint32_t state = atomic_load_explicit(&trial->state, memory_order_acquire);
	uint64_t progress =
		atomic_load(&trial->child.progress) + atomic_load(&trial->parent.progress);
	if (trial->number == watchdog->trial && state == watchdog->state &&
		progress == watchdog->progress)
		return false;
	watchdog->trial = trial->number;
	watchdog->state = state;
	watchdog->progress = progress;
	watchdog->progress_ns = now;
	watchdog->stopped_ns = 0;
	watchdog->stop = (struct stop_record){0};
	watchdog->history = (struct livelock_history){0};
	pause_request(watchdog, false);
	return true;
}

/* ---- The child ---- */

/* The process under test may have scribbled on the page: the pid must be the runner's child. */
static pid_t child_of(const struct watchdog *watchdog, const struct trial *trial)
{
	pid_t pid = atomic_load(&trial->child_pid);
	return pid > 1 && proc_parent(pid) == watchdog->runner->pid ? pid : 0;
}

bool watchdog_child_alive(const struct watchdog *watchdog, const struct trial *trial, pid_t *child)
{
	int status;
	*child = child_of(watchdog, trial);
	return *child > 0 && !proc_is_zombie(*child, watchdog->runner->pid, &status);
}

static bool others_asleep(const struct proc_scan *scan, pid_t tid)
{
	for (unsigned i = 0; i < scan->tasks; i++)
		if (scan->task[i].tid != tid &&
			(task_wait(&scan->task[i]).kind != WAIT_FUTEX || !scan->task[i].asleep))
			return false;
	return scan->complete;
}

bool watchdog_active_thread(const struct suspect *suspect, struct proc_task *task)
{
	struct proc_scan scan;
	struct proc_task joined;
	uint32_t word = 0;
	if (proc_task(suspect->pid, suspect->pid, task) != 0)
		return false;
	struct task_wait wait = task_wait(task);
	/* The word of most futexes is not a tid; scanning all threads is expensive. */
	if (wait.kind != WAIT_FUTEX ||
		proc_mem_read(suspect->pid, wait.futex, &word, sizeof(word)) !=
			(ssize_t)sizeof(word) ||
		proc_task(suspect->pid, (pid_t)word, &joined) != 0 ||
		proc_scan(suspect->pid, &scan) != 0)
		return true;
	const struct proc_task *last = deadlock_joined_thread(suspect, &scan, &scan.task[0]);
	if (last->tid != suspect->pid && others_asleep(&scan, last->tid))
		*task = *last;
	return true;
}

/*
 * A child that has forked again waits for that process. The last generation has written its pid
 * into the activity record; it is believed if it descends from the child within a few generations.
 */
pid_t watchdog_last_descendant(const struct trial *trial, pid_t child)
{
	enum { GENERATIONS_MAX = 8 };
	pid_t last = atomic_load(&trial->child.pid), pid = last;
	for (int i = 0; i < GENERATIONS_MAX && pid > 1 && pid != child; i++)
		pid = proc_parent(pid);
	return last > 1 && pid == child ? last : child;
}

bool watchdog_check_deadlock(const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	if (proc_task(suspect->pid, suspect->pid, &task) != 0)
		return false;
	enum wait_kind kind = task_wait(&task).kind;
	if (kind == WAIT_STOPPED)
		step_release(task.tid);
	finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_DEADLOCK;
	return wait_is_untimed(kind) && deadlock_prove(suspect, suspect->pid, finding);
}

bool watchdog_check_process(
	struct livelock_history *history, const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	if (!watchdog_active_thread(suspect, &task))
		return false;
	switch (task_wait(&task).kind) {
	case WAIT_FUTEX:
	case WAIT_DESCRIPTOR:
	case WAIT_CHILD:
	case WAIT_SIGNAL:
		finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_DEADLOCK;
		return deadlock_prove(suspect, suspect->pid, finding);
	case WAIT_STOPPED:
		step_release(task.tid);
		return false;
	case WAIT_KERNEL:
	case WAIT_OTHER_SYSCALL:
		return false;
	default:
		finding->verdict = suspect->parent ? VERDICT_PARENT_DEADLOCK : VERDICT_LIVELOCK;
		livelock_sample(history, suspect->pid, &task);
		return livelock_detect(history, suspect, &task, true, finding);
	}
}

/* ---- The parent ---- */

/* What the other threads could do for a thread that seems to spin. */
enum other_threads {
	OTHERS_RUN,        /* they may still release it */
	OTHERS_TIMED_WAIT, /* they wake from timed waits and sleep again, and do no work */
	OTHERS_BLOCKED,    /* all are paused or blocked: none changes its memory */
};

static enum other_threads other_threads_state(const struct suspect *suspect, pid_t tid)
{
	struct proc_scan scan;
	enum other_threads result = OTHERS_BLOCKED;
	struct paused_workers paused = paused_workers_read(suspect);
	if (proc_scan(suspect->pid, &scan) != 0 || !scan.complete)
		return OTHERS_RUN;
	for (unsigned i = 0; i < scan.tasks; i++) {
		const struct proc_task *task = &scan.task[i];
		enum wait_kind kind = task_wait(task).kind;
		if (task->tid == tid || paused_workers_have(&paused, task->tid) ||
			(kind == WAIT_FUTEX && task->asleep))
			continue;
		if (kind != WAIT_FUTEX_TIMED)
			return OTHERS_RUN;
		result = OTHERS_TIMED_WAIT;
	}
	return result;
}

/* The thread that must make progress. */
static pid_t progress_thread(const struct suspect *suspect, uint32_t state)
{
	pid_t forker = atomic_load(&suspect->trial->forker_tid);
	pid_t awaited = atomic_load(&suspect->shm->awaited_tid);
	if (state == TRIAL_PARENT && awaited > 0)
		return awaited;
	return state == TRIAL_FORKING && forker > 0 ? forker : atomic_load(&suspect->shm->main_tid);
}

static bool parent_stuck(struct watchdog *watchdog, const struct suspect *suspect,
	uint64_t quiet_ns, struct finding *finding)
{
	struct proc_task task;
	pid_t tid = progress_thread(suspect, watchdog->state);
	if (quiet_ns < parent_grace_ns || proc_task(suspect->pid, tid, &task) != 0)
		return false;
	finding->verdict = VERDICT_PARENT_DEADLOCK;
	enum wait_kind kind = task_wait(&task).kind;
	if (kind == WAIT_STOPPED)
		step_release(task.tid);
	if (kind == WAIT_STOPPED || kind == WAIT_KERNEL || kind == WAIT_OTHER_SYSCALL)
		return false;
	/* While aiming, a paused worker might be the one that is to call fork(). */
	if (watchdog->state != TRIAL_AIMING && !watchdog->pause_request) {
		pause_request(watchdog, true);
		return false;
	}
	if (wait_is_untimed(kind))
		return deadlock_prove(suspect, tid, finding);
	livelock_sample(&watchdog->history, suspect->pid, &task);
	enum other_threads other_threads = other_threads_state(suspect, tid);
	return other_threads != OTHERS_RUN && livelock_detect(&watchdog->history, suspect, &task,
						      other_threads == OTHERS_BLOCKED, finding);
}

/* ---- Both ---- */

static bool is_stopped(pid_t pid)
{
	struct proc_task task;
	return pid > 0 && proc_task(pid, pid, &task) == 0 && task_wait(&task).kind == WAIT_STOPPED;
}

/* A stopped child makes no progress, nor does a stopped parent that must wait for its child. */
static void add_stopped_time(struct watchdog *watchdog, pid_t child, uint64_t now)
{
	if (is_stopped(watchdog->runner->pid) || is_stopped(child))
		watchdog->stopped_ns += now - watchdog->tick_ns;
}

/*
 * Time in which forklab did not run (the machine was suspended, or busy) is no evidence: the
 * process under test may not have run for the same reason.
 */
static void add_unwatched_time(struct watchdog *watchdog, uint64_t now)
{
	static const uint64_t most_ns = UINT64_C(100) * 1000 * 1000;
	if (now - watchdog->tick_ns > most_ns)
		watchdog->stopped_ns += now - watchdog->tick_ns - most_ns;
}

static bool child_stopped(
	struct watchdog *watchdog, pid_t pid, uint64_t now, struct finding *finding)
{
	if (!stopped_for_good(&watchdog->stop, pid, now, &watchdog->patience, finding))
		return false;
	watchdog->patience.self_stop_seen |= finding->reason[0].kind == REASON_STOPPED_ITSELF;
	return true;
}

/* No progress, and no proof why: what is known of it. */
static void describe_unknown(const struct watchdog *watchdog, const struct suspect *suspect,
	uint64_t quiet_ns, struct finding *finding)
{
	pid_t tid = suspect->parent ? progress_thread(suspect, watchdog->state) : suspect->pid;
	deadlock_describe_unknown(suspect, tid, quiet_ns, finding);
}

static bool deadline_expired(const struct watchdog *watchdog, const struct suspect *suspect,
	uint64_t quiet_ns, struct finding *finding)
{
	if (quiet_ns < watchdog->deadline_ns + watchdog->stopped_ns)
		return false;
	describe_unknown(watchdog, suspect, quiet_ns - watchdog->stopped_ns, finding);
	return true;
}

static double latency_ms(const struct trial *trial, uint64_t now)
{
	uint64_t last = atomic_load(&trial->child.at_ns);
	return last > 0 && last <= now ? (double)(now - last) / 1e6 : -1;
}

static enum finding_cause cause_of(const struct watchdog *watchdog, const struct finding *finding)
{
	if (finding->cause != CAUSE_NONE)
		return finding->cause;
	if (finding->verdict == VERDICT_UNKNOWN)
		return CAUSE_DEADLINE;
	if (finding->verdict != VERDICT_PARENT_DEADLOCK)
		return CAUSE_STUCK;
	if (watchdog->state == TRIAL_PARENT && atomic_load(&watchdog->runner->shm->awaited_tid) > 0)
		return CAUSE_WORKER_STUCK;
	return watchdog->state == TRIAL_FORKING ? CAUSE_IN_FORK : CAUSE_OUTSIDE_FORK;
}

bool watchdog_tick(
	struct watchdog *watchdog, const struct trial *trial, struct finding *finding, pid_t *child)
{
	uint64_t now = monotonic_ns();
	struct suspect suspect = {
		.shm = watchdog->runner->shm, .trial = trial, .deadline_ns = watchdog->deadline_ns};
	bool stuck = false;
	/* A child is examined at once: a deadlock is provable from its first moment. */
	bool moved = made_progress(watchdog, trial, now);
	uint64_t quiet_ns = now - watchdog->progress_ns;
	*finding = (struct finding){.latency_ms = -1};
	if (moved) {
		*child = 0;
	} else if (watchdog->state == TRIAL_CHILD && watchdog_child_alive(watchdog, trial, child)) {
		suspect.pid = watchdog_last_descendant(trial, *child);
		stuck = child_stopped(watchdog, suspect.pid, now, finding) ||
			watchdog_check_process(&watchdog->history, &suspect, finding);
	} else if (watchdog->state != TRIAL_DONE && watchdog->state != TRIAL_FREE) {
		suspect.pid = watchdog->runner->pid;
		suspect.parent = true;
		stuck = parent_stuck(watchdog, &suspect, quiet_ns, finding);
	}
	if (!stuck && !moved)
		add_stopped_time(watchdog, watchdog->state == TRIAL_CHILD ? suspect.pid : 0, now);
	add_unwatched_time(watchdog, now);
	if (!stuck && watchdog->state != TRIAL_DONE && watchdog->state != TRIAL_FREE)
		stuck = deadline_expired(watchdog, &suspect, quiet_ns, finding);
	watchdog->tick_ns = now;
	/*
	 * What holds for one state does not for the next: a paused worker cannot release a parent,
	 * but may be the one that forks for the next trial. A stuck process makes no progress.
	 */
	if (!stuck || made_progress(watchdog, trial, monotonic_ns()))
		return false;
	if (!suspect.parent)
		finding->latency_ms = latency_ms(trial, monotonic_ns());
	evidence_from_shm(finding, &suspect);
	if (watchdog->attribution)
		attribution_fill(watchdog->attribution, &suspect, finding);
	finding->cause = cause_of(watchdog, finding);
	return true;
}

void watchdog_child_killed(struct watchdog *watchdog)
{
	watchdog->progress_ns = monotonic_ns();
	watchdog->stopped_ns = 0;
	watchdog->history = (struct livelock_history){0};
}

bool watchdog_give_up(struct watchdog *watchdog, const struct trial *trial, struct finding *finding)
{
	static const uint64_t quiet_min_ns = UINT64_C(500) * 1000 * 1000;
	uint64_t now = monotonic_ns(), quiet_ns = now - watchdog->progress_ns;
	struct suspect suspect = {.shm = watchdog->runner->shm, .trial = trial};
	pid_t child;
	if (made_progress(watchdog, trial, now) || watchdog->state == TRIAL_DONE ||
		watchdog->state == TRIAL_FREE || quiet_ns < quiet_min_ns + watchdog->stopped_ns)
		return false;
	suspect.parent =
		watchdog->state != TRIAL_CHILD || !watchdog_child_alive(watchdog, trial, &child);
	suspect.pid =
		suspect.parent ? watchdog->runner->pid : watchdog_last_descendant(trial, child);
	describe_unknown(watchdog, &suspect, quiet_ns - watchdog->stopped_ns, finding);
	evidence_from_shm(finding, &suspect);
	finding->cause = CAUSE_DEADLINE;
	return true;
}
