/* What happens at a fork point. */
#include "sweep_run.h"

#include "deadlock_proof.h"
#include "evidence.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc.h"
#include "proc_mem.h"
#include "process_exit.h"
#include "shm_map.h"
#include "sweep_hooks.h"
#include "twins.h"
#include "watchdog.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { POLL_NS = 20 * 1000 };

void sweep_run_broken(struct sweep_run *c, enum finding_cause cause, int error)
{
	tally_add_broken(&c->tally, c->points, cause, error, NULL);
	c->over = true;
}

/* ---- Verdicts on the runner as a whole ---- */

/* Of the pending point if there is one, else of the cell. */
static void judge_runner(struct sweep_run *c, enum verdict verdict, struct finding *finding)
{
	struct inflight_child *entry = c->waiting;
	c->waiting = NULL;
	c->over = true;
	if (entry)
		inflight_set_verdict(&c->inflight, entry, verdict, finding);
	/* A point that is not wanted has no result to carry the verdict. */
	if (entry && entry->wanted)
		return;
	tally_add(&c->tally, verdict, finding);
	c->cell->sweep.parent_bad += verdict_is_bad(verdict);
}

bool sweep_run_shm_damaged(struct sweep_run *c)
{
	if (c->damaged)
		return true;
	c->damaged = shm_map_is_overwritten(c->session.runner.shm, c->session.runner.pid);
	if (c->damaged)
		sweep_run_broken(c, CAUSE_SHM_OVERWRITTEN, 0);
	return c->damaged;
}

static const struct trial *trial_of_waiting(const struct sweep_run *c)
{
	/* Without one, any unused trial will do: it is all zero. */
	return &c->session.runner.shm->trial[c->waiting ? c->waiting->slot : SHM_TRIALS - 1];
}

static struct suspect runner_suspect(const struct sweep_run *c)
{
	return (struct suspect){.shm = c->session.runner.shm,
		.trial = trial_of_waiting(c),
		.pid = c->session.runner.pid,
		.parent = true};
}

void sweep_run_runner_exited(struct sweep_run *c, int status)
{
	if (sweep_run_shm_damaged(c))
		return;
	struct finding finding;
	struct process_exit ended = {.runner = &c->session.runner, .trial = trial_of_waiting(c)};
	enum verdict verdict = process_exit_judge_parent(
		&ended, status, c->stepper.begun || c->points > 0, &finding);
	process_exit_add_crash(
		&finding, c->session.runner.shm, &c->stepper.signal, c->inflight.symbols);
	finding.trial = c->points;
	if (!c->waiting)
		c->waiting = inflight_requeue_wanted(&c->inflight);
	inflight_abandon(&c->inflight);
	judge_runner(c, verdict, &finding);
}

static void complete_finding(struct sweep_run *c, struct finding *finding, enum finding_cause cause)
{
	struct suspect suspect = runner_suspect(c);
	evidence_from_shm(finding, &suspect);
	finding->trial = c->points;
	finding->cause = cause;
}

static void notify_stuck(
	struct sweep_run *c, const struct suspect *suspect, const struct finding *finding)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (!hooks || !hooks->stuck || !c->waiting || !c->waiting->wanted)
		return;
	stepper_detach(&c->stepper);
	hooks->stuck(hooks->context, suspect, finding);
}

static void add_worker_wait(struct finding *finding, const struct finding *worker)
{
	struct reason *reason = evidence_reason(finding, REASON_WORKER_WAITS, worker->futex, 0);
	if (!reason)
		return;
	snprintf(reason->text[0], sizeof(reason->text[0]), "%.255s", worker->lock);
	snprintf(reason->text[1], sizeof(reason->text[1]), "%.255s", worker->waiter);
}

bool sweep_run_prove_stuck(struct sweep_run *c)
{
	struct finding finding = {.verdict = VERDICT_PARENT_DEADLOCK, .latency_ms = -1};
	struct finding other = {.latency_ms = -1};
	struct suspect suspect = runner_suspect(c);
	pid_t worker = atomic_load(&c->session.runner.shm->worker_tid[0]);
	if (!deadlock_prove(&suspect, atomic_load(&c->session.runner.shm->main_tid), &finding))
		return false;
	if (!c->ended && deadlock_prove(&suspect, worker, &other))
		add_worker_wait(&finding, &other);
	attribution_fill(&c->inflight.attribution, &suspect, &finding);
	complete_finding(c, &finding, CAUSE_STUCK);
	notify_stuck(c, &suspect, &finding);
	judge_runner(c, VERDICT_PARENT_DEADLOCK, &finding);
	return true;
}

/*
 * The worker waits forever, and no fork waits for it: an earlier fork has left a lock held in the
 * parent, or has lost a wakeup. The forking thread is idle until forklab asks it for a fork.
 */
static bool prove_worker_stuck(struct sweep_run *c)
{
	struct finding finding = {.verdict = VERDICT_PARENT_DEADLOCK, .latency_ms = -1};
	struct suspect suspect = runner_suspect(c);
	suspect.idle_tid = atomic_load(&c->session.runner.shm->main_tid);
	if (!forker_is_idle(&c->forker) ||
		!deadlock_prove(&suspect, c->stepper.tracee.tid, &finding))
		return false;
	attribution_fill(&c->inflight.attribution, &suspect, &finding);
	complete_finding(c, &finding, CAUSE_WORKER_STUCK);
	inflight_command(&c->inflight, 0, &finding);
	judge_runner(c, VERDICT_PARENT_DEADLOCK, &finding);
	return true;
}

static void deadline_expired(struct sweep_run *c, enum finding_cause cause)
{
	if (sweep_run_shm_damaged(c))
		return;
	struct finding finding = {.verdict = VERDICT_UNKNOWN, .latency_ms = -1};
	if (runner_process_is_stopped(&c->session.runner))
		cause = CAUSE_RUNNER_STOPPED;
	complete_finding(c, &finding, cause);
	judge_runner(c, VERDICT_UNKNOWN, &finding);
}

/* ---- Children ---- */

/* When the budget ends, running children may finish, but a stuck one is not waited for. */
static bool is_cancelled(const struct sweep_run *c)
{
	return interrupt_received() ||
	       (c->inflight.until_ns && monotonic_ns() > c->inflight.until_ns);
}

void sweep_run_wait(struct sweep_run *c, unsigned most)
{
	int status;
	while (!sweep_run_shm_damaged(c)) {
		c->inflight.patience.none = cell_budget_exhausted(c->plan, c->begin_ns);
		inflight_poll(&c->inflight);
		if (c->over || (c->inflight.running <= most && !inflight_full(&c->inflight)))
			return;
		/* Without it nobody reaps its children: their wait statuses are lost. */
		if (forker_runner_ended(&c->forker, &status)) {
			sweep_run_runner_exited(c, status);
			return;
		}
		if (is_cancelled(c)) {
			inflight_give_up(&c->inflight);
			c->cell->cut = c->over = true;
			return;
		}
		sleep_ns(POLL_NS);
	}
}

/* ---- Forks ---- */

static void notify_wait(const struct sweep_run *c, const struct inflight_child *entry)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	struct sweep_wait wait = {.point = entry->result.point,
		.instruction = c->stepper.instructions,
		.pid = c->session.runner.pid,
		.tid = atomic_load(&c->session.runner.shm->main_tid),
		.shm = c->session.runner.shm,
		.futex = c->forker.futex};
	if (hooks && hooks->waits)
		hooks->waits(hooks->context, &wait);
}

static void after_request(
	struct sweep_run *c, struct inflight_child *entry, enum forker_state state)
{
	c->waiting = entry;
	switch (state) {
	case FORKER_DONE:
		c->waiting = NULL;
		sched_setaffinity(atomic_load(&c->session.runner.shm->trial[entry->slot].child_pid),
			sizeof(c->cpus), &c->cpus);
		inflight_start(&c->inflight, entry, 0);
		break;
	case FORKER_BLOCKED:
		notify_wait(c, entry);
		break;
	case FORKER_EXITED:
		sweep_run_runner_exited(c, c->forker.status);
		break;
	case FORKER_TIMEOUT:
		deadline_expired(c, CAUSE_IN_FORK);
		break;
	case FORKER_CUT:
		c->cell->cut = c->over = true;
		break;
	case FORKER_INTERRUPTED:
		c->over = true;
		break;
	}
}

/* A hook that traces the twin does so from its first instruction on. */
static bool hook_takes_twin(
	const struct sweep_run *c, const struct inflight_child *entry, pid_t twin)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	return hooks && hooks->take_twin && entry->wanted && hooks->take_twin(hooks->context, twin);
}

static void notify_forking(const struct sweep_run *c, const struct inflight_child *entry)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (hooks && hooks->forking && entry->wanted)
		hooks->forking(hooks->context, atomic_load(&c->session.runner.shm->main_tid));
}

static void start_twin(struct sweep_run *c, struct inflight_child *entry)
{
	pid_t twin;
	struct trial *trial = &c->session.runner.shm->trial[entry->slot];
	int error = twin_make(&c->stepper, &twin);
	if (!error) {
		atomic_store(&trial->parent_pid, twin);
		error = twin_signal(twin, c->session.runner.shm->sweep.signal, &c->cpus);
	}
	if (!error && !hook_takes_twin(c, entry, twin))
		error = twin_detach(twin);
	if (error) {
		sweep_run_broken(c, CAUSE_NOT_CLONED, -error);
		return;
	}
	inflight_start(&c->inflight, entry, twin);
}

static void try_fork(struct sweep_run *c, struct inflight_child *entry)
{
	sweep_run_wait(c, c->running_max - 1);
	if (c->over)
		return;
	inflight_prepare_trial(&c->inflight, entry);
	notify_forking(c, entry);
	if (c->session.runner.shm->sweep.kind == SWEEP_SIGNAL)
		start_twin(c, entry);
	else
		after_request(c, entry, forker_request(&c->forker, REQUEST_FORK, entry->slot));
}

/* ---- Points ---- */

/*
 * Locked by the stepped thread. What the forking thread holds while it waits in a prepare handler
 * does not count: it releases that itself. Called while that thread is idle or waits, so the owner
 * words of its locks are valid.
 */
static bool is_locked(const struct sweep_run *c, const struct named_lock *lock)
{
	const struct shm *shm = c->session.runner.shm;
	uint32_t word = 0;
	int32_t owner = 0;
	proc_mem_read(c->session.runner.pid, lock->address, &word, sizeof(word));
	if (lock->owner_offset >= 0)
		proc_mem_read(c->session.runner.pid, lock->address + (uint64_t)lock->owner_offset,
			&owner, sizeof(owner));
	return word != 0 && owner != atomic_load(&shm->main_tid);
}

static void record_held_locks(struct sweep_run *c, struct inflight_child *entry)
{
	const struct shm *shm = c->session.runner.shm;
	uint32_t count = c->plan->points ? atomic_load(&shm->locks) : 0;
	for (uint32_t i = 0; i < count && i < SHM_LOCKS_MAX; i++) {
		struct named_lock lock = shm->lock[i];
		if (entry->held_count < INFLIGHT_LOCKS_MAX && is_locked(c, &lock))
			ascii_sanitize(entry->held[entry->held_count++], SHM_NAME_MAX, lock.name,
				sizeof(lock.name));
	}
}

static void record_call(const struct sweep_run *c, struct inflight_child *entry)
{
	const struct activity *activity = &c->session.runner.shm->sweep.activity;
	if (atomic_load(&activity->inside))
		entry->result.call = (struct heap_call){
			(enum heap_op)atomic_load(&activity->op), atomic_load(&activity->size)};
}

static struct inflight_child *new_inflight_child(struct sweep_run *c)
{
	if (inflight_full(&c->inflight))
		sweep_run_wait(c, c->running_max);
	if (c->over)
		return NULL;
	struct inflight_child *entry = inflight_add(&c->inflight);
	entry->result.point = ++c->points;
	entry->result.instruction = c->stepper.instructions;
	entry->pc = c->stepper.pc;
	entry->wanted = !c->plan->point || c->plan->point == c->points;
	record_call(c, entry);
	return entry;
}

/* The waiting fork belongs to this point from now on. */
static void hand_over_waiting(struct sweep_run *c, struct inflight_child *entry)
{
	struct inflight_child *before = c->waiting;
	inflight_hand_over(&c->inflight, before, entry);
	c->waiting = entry;
	inflight_set_outcome(&c->inflight, before, POINT_WAITED);
}

static void leave_out_deferred(struct sweep_run *c)
{
	if (c->deferred)
		inflight_set_outcome(&c->inflight, c->deferred, POINT_LEFT_OUT);
	c->deferred = NULL;
}

/* A twin leaves nothing behind in the runner, so unwanted ones are not made. */
static bool nothing_to_do(const struct sweep_run *c, const struct inflight_child *entry)
{
	return !entry->wanted && c->session.runner.shm->sweep.kind == SWEEP_SIGNAL;
}

static void notify_arrival(const struct sweep_run *c)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (hooks && hooks->arrived && c->plan->point == c->points)
		hooks->arrived(hooks->context, &c->stepper, c->session.runner.shm);
}

static void at_point(struct sweep_run *c, bool left_out)
{
	if (c->plan->no_forks) {
		c->cell->sweep.points = ++c->points;
		return;
	}
	leave_out_deferred(c);
	struct inflight_child *entry = sweep_run_shm_damaged(c) ? NULL : new_inflight_child(c);
	if (!entry)
		return;
	notify_arrival(c);
	bool waits = c->waiting;
	enum forker_state state = FORKER_DONE;
	if (waits) {
		hand_over_waiting(c, entry);
		state = forker_recheck(&c->forker, false);
	}
	record_held_locks(c, entry);
	if (waits) {
		after_request(c, entry, state);
	} else if (left_out) {
		c->deferred = entry;
	} else if (nothing_to_do(c, entry)) {
		inflight_set_outcome(&c->inflight, entry, POINT_TRIED);
	} else {
		try_fork(c, entry);
	}
	if (c->plan->point && c->points >= c->plan->point && !c->waiting)
		c->over = true;
}

static void at_run_end(struct sweep_run *c)
{
	struct inflight_child *entry = c->deferred;
	c->deferred = NULL;
	if (entry)
		try_fork(c, entry);
}

/* The worker went on without a fork point; the fork may have waited for just that. */
static void recheck_waiting(struct sweep_run *c)
{
	if (c->waiting)
		after_request(c, c->waiting, forker_recheck(&c->forker, true));
}

static void at_blocked(struct sweep_run *c)
{
	uint64_t now = watched_ns();
	recheck_waiting(c);
	if (c->over || (c->waiting ? sweep_run_prove_stuck(c) : prove_worker_stuck(c)))
		return;
	if (!c->blocked_ns)
		c->blocked_ns = now;
	if ((double)(now - c->blocked_ns) / 1e9 > c->plan->deadline_s)
		deadline_expired(c, CAUSE_WORKER_BLOCKED);
}

/* The thread has exited, or its process has died, which takes a moment to become visible. */
static void ended_too_early(struct sweep_run *c, enum finding_cause cause, int error)
{
	enum { POLLS_MAX = 5000 };
	int status;
	for (int i = 0; i < POLLS_MAX; i++) {
		if (forker_runner_ended(&c->forker, &status)) {
			sweep_run_runner_exited(c, status);
			return;
		}
		sleep_ns(POLL_NS);
	}
	/*
	 * An exec(2) of the stepped thread gives it the tid of the main thread. The new program
	 * does not reap the children, so their wait statuses are lost.
	 */
	bool replaced = !proc_is_untraced(
		c->session.runner.pid, atomic_load(&c->session.runner.shm->main_tid));
	if (replaced)
		inflight_abandon(&c->inflight);
	sweep_run_broken(c, replaced ? CAUSE_THREAD_EXEC : cause, replaced ? 0 : error);
}

/*
 * The worker has finished its sequence and sleeps, or is gone: a fork that still waits either
 * returns by itself or waits forever.
 */
static void await_waiting(struct sweep_run *c)
{
	uint64_t begin = watched_ns();
	stepper_detach(&c->stepper);
	while (!c->over && c->waiting && !sweep_run_prove_stuck(c)) {
		recheck_waiting(c);
		if (c->waiting && (double)(watched_ns() - begin) / 1e9 > c->plan->deadline_s)
			deadline_expired(c, CAUSE_IN_FORK);
		c->over |= interrupt_received();
		sleep_ns(POLL_NS);
	}
}

static void at_end(struct sweep_run *c)
{
	leave_out_deferred(c);
	if (!atomic_load(&c->session.runner.shm->sweep.over)) {
		ended_too_early(c, CAUSE_THREAD_ENDED, 0);
		return;
	}
	c->ended = true;
	recheck_waiting(c);
	await_waiting(c);
	c->over = true;
}

/* If the forking thread ran since, or runs now, the stepped one is not alone. */
static void tell_stepper(struct sweep_run *c, uint32_t requests_before)
{
	struct alone *alone = &c->stepper.alone;
	alone->fork_waits = !forker_is_idle(&c->forker);
	/* One that sleeps until it is woken cannot take the lock between two looks at it. */
	c->stepper.awaited = c->waiting && !c->forker.needs_wake ? c->forker.futex : 0;
	if (alone->fork_waits || c->forker.requests != requests_before || c->plan->hooks)
		alone_woken(alone, atomic_load(&c->session.runner.shm->main_tid));
}

void sweep_run_event(struct sweep_run *c, enum stepper_event event)
{
	uint32_t requests = c->forker.requests;
	if (event != STEPPER_BLOCKED)
		c->blocked_ns = 0;
	switch (event) {
	case STEPPER_POINT:
	case STEPPER_LEFT_OUT:
		at_point(c, event == STEPPER_LEFT_OUT);
		break;
	case STEPPER_LAST:
		at_run_end(c);
		break;
	case STEPPER_SYSCALL:
		recheck_waiting(c);
		break;
	case STEPPER_BLOCKED:
		at_blocked(c);
		break;
	case STEPPER_ENDED:
		at_end(c);
		break;
	case STEPPER_LOST:
		ended_too_early(c, c->stepper.lost_cause, c->stepper.lost_error);
		break;
	case STEPPER_NONE:
		break;
	}
	tell_stepper(c, requests);
}
