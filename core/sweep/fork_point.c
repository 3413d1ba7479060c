/* What is done at a fork point. */
#include "sweep_run.h"

#include "evidence.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc.h"
#include "process_exit.h"
#include "shm_map.h"
#include "sweep_hooks.h"
#include "twins.h"
#include "watchdog.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAP_NS = 20 * 1000 };

void conduct_broken(struct conduct *c, const char *why)
{
	struct finding finding = {.verdict = VERDICT_BROKEN, .latency_ms = -1, .trial = c->points};
	snprintf(finding.sentence, sizeof finding.sentence, "%s", why);
	tally_add(&c->tally, VERDICT_BROKEN, &finding);
	c->over = true;
}

/* ---- Verdicts on the runner as a whole ---- */

/* Of the pending point if there is one, else of the cell. */
static void blame_runner(struct conduct *c, enum verdict verdict, struct finding *finding)
{
	struct flight *flight = c->pending;
	c->pending = NULL;
	c->over = true;
	if (flight)
		flights_land(&c->flights, flight, verdict, finding);
	/* Of a point that nobody wants nothing is told. */
	if (!flight || !flight->wanted)
		tally_add(&c->tally, verdict, finding);
}

bool conduct_damaged(struct conduct *c)
{
	if (c->damaged)
		return true;
	c->damaged = pages_overwritten(c->runner.page, c->runner.pid);
	if (c->damaged)
		conduct_broken(c, "the runner's page was overwritten");
	return c->damaged;
}

static const struct trial *trial_of_pending(const struct conduct *c)
{
	/* Any trial will do where there is none: an unused entry says nothing. */
	return &c->runner.page->trial[c->pending ? c->pending->place : PAGE_TRIALS - 1];
}

void conduct_runner_gone(struct conduct *c, int status)
{
	if (conduct_damaged(c))
		return;
	struct finding finding;
	struct ended ended = {.runner = &c->runner, .trial = trial_of_pending(c)};
	enum verdict verdict =
		ended_parent(&ended, status, c->stepper.begun || c->points > 0, &finding);
	finding.trial = c->points;
	if (!c->pending)
		c->pending = flights_recall_wanted(&c->flights);
	flights_abandon(&c->flights);
	blame_runner(c, verdict, &finding);
}

static void finish_sentence(struct conduct *c, struct finding *finding, const char *why)
{
	struct suspect suspect = {.page = c->runner.page,
		.trial = trial_of_pending(c),
		.pid = c->runner.pid,
		.parent = true};
	evidence_from_page(finding, &suspect);
	finding->trial = c->points;
	evidence_sentence(finding, &suspect, why, "");
}

static void tell_stuck(
	struct conduct *c, const struct suspect *suspect, const struct finding *finding)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (!hooks || !hooks->stuck || !c->pending || !c->pending->wanted)
		return;
	stepper_let_go(&c->stepper);
	hooks->stuck(hooks->context, suspect, finding);
}

bool conduct_prove_stuck(struct conduct *c)
{
	struct finding finding = {.verdict = VERDICT_PARENT_DEADLOCK, .latency_ms = -1};
	struct finding other = {.latency_ms = -1};
	struct suspect suspect = {.page = c->runner.page,
		.trial = trial_of_pending(c),
		.pid = c->runner.pid,
		.parent = true};
	pid_t worker = atomic_load(&c->runner.page->worker_tid[0]);
	if (!watch_blocked(&suspect, atomic_load(&c->runner.page->main_tid), &finding))
		return false;
	if (!c->ended && watch_blocked(&suspect, worker, &other))
		evidence_reason(&finding, "the stepped thread waits for %s at 0x%" PRIx64 ", at %s",
			other.lock, other.futex, other.waiter);
	finish_sentence(c, &finding, "stuck");
	tell_stuck(c, &suspect, &finding);
	blame_runner(c, VERDICT_PARENT_DEADLOCK, &finding);
	return true;
}

static void overdue(struct conduct *c, const char *why)
{
	if (conduct_damaged(c))
		return;
	struct finding finding = {.verdict = VERDICT_UNKNOWN, .latency_ms = -1};
	finish_sentence(c, &finding, why);
	blame_runner(c, VERDICT_UNKNOWN, &finding);
}

/* ---- Children ---- */

static void nap(void)
{
	static const struct timespec time = {.tv_nsec = NAP_NS};
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* Children that are in the air when the time is over may come down; for one that is stopped and
 * stays so nobody waits. */
static bool is_called_off(const struct conduct *c)
{
	double limit_s = c->plan->seconds + 2 * c->plan->deadline_s;
	return interrupt_came() ||
	       (c->plan->seconds > 0 && (double)(monotonic_ns() - c->begin_ns) / 1e9 > limit_s);
}

void conduct_wait(struct conduct *c, unsigned most)
{
	int status;
	while (!conduct_damaged(c)) {
		flights_poll(&c->flights);
		if (c->over || (c->flights.airborne <= most && !flights_full(&c->flights)))
			return;
		/* Nobody would ever tell how its children have ended. */
		if (forker_runner_ended(&c->forker, &status)) {
			conduct_runner_gone(c, status);
			return;
		}
		if (is_called_off(c)) {
			c->cell->cut = c->over = true;
			return;
		}
		nap();
	}
}

/* ---- Forks ---- */

static void tell_wait(const struct conduct *c, const struct flight *flight)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	struct sweep_wait wait = {.point = flight->result.point,
		.instruction = c->stepper.instructions,
		.pid = c->runner.pid,
		.tid = atomic_load(&c->runner.page->main_tid),
		.page = c->runner.page,
		.futex = c->forker.futex};
	if (hooks && hooks->waits)
		hooks->waits(hooks->context, &wait);
}

static void after_request(struct conduct *c, struct flight *flight, enum forker_state state)
{
	c->pending = flight;
	switch (state) {
	case FORKER_DONE:
		c->pending = NULL;
		sched_setaffinity(atomic_load(&c->runner.page->trial[flight->place].child_pid),
			sizeof c->cpus, &c->cpus);
		flights_take_off(&c->flights, flight, 0);
		break;
	case FORKER_WAITS:
		tell_wait(c, flight);
		break;
	case FORKER_GONE:
		conduct_runner_gone(c, c->forker.status);
		break;
	case FORKER_OVERDUE:
		overdue(c, "the fork does not come back");
		break;
	case FORKER_CALLED_OFF:
		c->over = true;
		break;
	}
}

/* The hooks that trace what is forked here do so from its first instruction. */
static bool hook_launches(const struct conduct *c, const struct flight *flight, pid_t copy)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	return hooks && hooks->launch && flight->wanted && hooks->launch(hooks->context, copy);
}

static void tell_forking(const struct conduct *c, const struct flight *flight)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (hooks && hooks->forking && flight->wanted)
		hooks->forking(hooks->context, atomic_load(&c->runner.page->main_tid));
}

static void launch_copy(struct conduct *c, struct flight *flight)
{
	pid_t copy;
	struct trial *trial = &c->runner.page->trial[flight->place];
	int error = copies_make(&c->stepper, &copy);
	if (!error) {
		atomic_store(&trial->parent_pid, copy);
		error = copies_signal(copy, c->runner.page->sweep.signal, &c->cpus);
	}
	if (!error && !hook_launches(c, flight, copy))
		error = copies_let_go(copy);
	if (error) {
		snprintf(c->stepper.why, sizeof c->stepper.why,
			"no copy of the process can be made: %s", strerror(-error));
		conduct_broken(c, c->stepper.why);
		return;
	}
	flights_take_off(&c->flights, flight, copy);
}

static void try_here(struct conduct *c, struct flight *flight)
{
	conduct_wait(c, c->airborne_max - 1);
	if (c->over)
		return;
	flights_board(&c->flights, flight);
	tell_forking(c, flight);
	if (c->runner.page->sweep.kind == SWEEP_SIGNAL)
		launch_copy(c, flight);
	else
		after_request(c, flight, forker_ask(&c->forker, REQUEST_FORK, flight->place));
}

/* ---- Points ---- */

/*
 * Of the stepped thread: what the forking one holds while it waits in a prepare handler, it will
 * give back by itself. Called when that one is at rest or waits, so its locks know their owner.
 */
static bool is_held(const struct conduct *c, const struct named_lock *lock)
{
	const struct page *page = c->runner.page;
	uint32_t word = 0;
	int32_t owner = 0;
	proc_memory(c->runner.pid, lock->address, &word, sizeof word);
	if (lock->owner_offset >= 0)
		proc_memory(c->runner.pid, lock->address + (uint64_t)lock->owner_offset, &owner,
			sizeof owner);
	return word != 0 && owner != atomic_load(&page->main_tid);
}

static void note_held_locks(struct conduct *c, struct flight *flight)
{
	const struct page *page = c->runner.page;
	uint32_t count = c->plan->points ? atomic_load(&page->locks) : 0;
	for (uint32_t i = 0; i < count && i < PAGE_LOCKS_MAX; i++) {
		struct named_lock lock = page->lock[i];
		if (flight->held_count < FLIGHTS_HELD_MAX && is_held(c, &lock))
			pages_text(flight->held[flight->held_count++], PAGE_NAME_MAX, lock.name,
				sizeof lock.name);
	}
}

static void note_call(const struct conduct *c, struct flight *flight)
{
	const struct diary *diary = &c->runner.page->sweep.diary;
	if (atomic_load(&diary->inside))
		pages_call(flight->call, sizeof flight->call, atomic_load(&diary->op),
			atomic_load(&diary->size));
}

static struct flight *new_flight(struct conduct *c)
{
	if (flights_full(&c->flights))
		conduct_wait(c, c->airborne_max);
	if (c->over)
		return NULL;
	struct flight *flight = flights_add(&c->flights);
	flight->result.point = ++c->points;
	flight->result.instruction = c->stepper.instructions;
	flight->pc = c->stepper.pc;
	flight->wanted = !c->plan->point || c->plan->point == c->points;
	note_call(c, flight);
	return flight;
}

/* The fork that waits is this point's from now on. */
static void hand_over_pending(struct conduct *c, struct flight *flight)
{
	struct flight *before = c->pending;
	flights_hand_over(&c->flights, before, flight);
	c->pending = flight;
	flights_ground(&c->flights, before, POINT_WAITED);
}

static void leave_out_owed(struct conduct *c)
{
	if (c->owed)
		flights_ground(&c->flights, c->owed, POINT_LEFT_OUT);
	c->owed = NULL;
}

/* A copy leaves nothing behind in the original, so those that nobody wants are not made. */
static bool nothing_to_do(const struct conduct *c, const struct flight *flight)
{
	return !flight->wanted && c->runner.page->sweep.kind == SWEEP_SIGNAL;
}

static void tell_arrival(const struct conduct *c)
{
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (hooks && hooks->arrived && c->plan->point == c->points)
		hooks->arrived(hooks->context, &c->stepper, c->runner.page);
}

static void at_point(struct conduct *c, bool left_out)
{
	if (c->plan->no_forks) {
		c->cell->sweep.points = ++c->points;
		return;
	}
	leave_out_owed(c);
	struct flight *flight = conduct_damaged(c) ? NULL : new_flight(c);
	if (!flight)
		return;
	tell_arrival(c);
	bool waits = c->pending;
	enum forker_state state = FORKER_DONE;
	if (waits) {
		hand_over_pending(c, flight);
		state = forker_look(&c->forker, false);
	}
	note_held_locks(c, flight);
	if (waits) {
		after_request(c, flight, state);
	} else if (left_out) {
		c->owed = flight;
	} else if (nothing_to_do(c, flight)) {
		flights_ground(&c->flights, flight, POINT_TRIED);
	} else {
		try_here(c, flight);
	}
	if (c->plan->point && c->points >= c->plan->point && !c->pending)
		c->over = true;
}

static void at_last_of_run(struct conduct *c)
{
	struct flight *flight = c->owed;
	c->owed = NULL;
	if (flight)
		try_here(c, flight);
}

/* The worker went on without making a point: that may be what the fork waits for. */
static void look_at_pending(struct conduct *c)
{
	if (c->pending)
		after_request(c, c->pending, forker_look(&c->forker, true));
}

static void at_blocked(struct conduct *c)
{
	uint64_t now = monotonic_ns();
	look_at_pending(c);
	if (c->over || (c->pending && conduct_prove_stuck(c)))
		return;
	if (!c->blocked_ns)
		c->blocked_ns = now;
	if ((double)(now - c->blocked_ns) / 1e9 > c->plan->deadline_s)
		overdue(c, "the stepped thread waits without end");
}

/* The thread has ended itself, or died with its process: that is over in a moment, then. */
static void ended_too_early(struct conduct *c, const char *why)
{
	enum { NAPS = 5000 };
	int status;
	for (int i = 0; i < NAPS; i++) {
		if (forker_runner_ended(&c->forker, &status)) {
			conduct_runner_gone(c, status);
			return;
		}
		nap();
	}
	/*
	 * It has taken the first thread's place, with another program: then nobody can tell how the
	 * children have ended.
	 */
	bool replaced = !proc_runs_free(c->runner.pid, atomic_load(&c->runner.page->main_tid));
	if (replaced)
		flights_abandon(&c->flights);
	conduct_broken(c, replaced ? "the stepped thread executed another program" : why);
}

/*
 * The worker has done its part and sleeps, or is gone: a fork that still waits now waits for ever,
 * or comes back by itself.
 */
static void await_pending(struct conduct *c)
{
	uint64_t begin = monotonic_ns();
	stepper_let_go(&c->stepper);
	while (!c->over && c->pending && !conduct_prove_stuck(c)) {
		look_at_pending(c);
		if (c->pending && (double)(monotonic_ns() - begin) / 1e9 > c->plan->deadline_s)
			overdue(c, "the fork does not come back");
		nap();
	}
}

static void at_end(struct conduct *c)
{
	leave_out_owed(c);
	if (!atomic_load(&c->runner.page->sweep.over)) {
		ended_too_early(c, "the stepped thread ended in the middle of its sequence");
		return;
	}
	c->ended = true;
	look_at_pending(c);
	await_pending(c);
	c->over = true;
}

void conduct_event(struct conduct *c, enum stepper_event event)
{
	if (event != STEPPER_BLOCKED)
		c->blocked_ns = 0;
	switch (event) {
	case STEPPER_POINT:
	case STEPPER_LEFT_OUT:
		at_point(c, event == STEPPER_LEFT_OUT);
		break;
	case STEPPER_LAST:
		at_last_of_run(c);
		break;
	case STEPPER_SYSCALL:
		look_at_pending(c);
		break;
	case STEPPER_BLOCKED:
		at_blocked(c);
		break;
	case STEPPER_ENDED:
		at_end(c);
		break;
	case STEPPER_LOST:
		ended_too_early(c, c->stepper.why);
		break;
	case STEPPER_NONE:
		break;
	}
}
