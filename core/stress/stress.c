#include "stress.h"

#include "descendants.h"
#include "environment.h"
#include "interrupt.h"
#include "monotonic.h"
#include "process_exit.h"
#include "runner_process.h"
#include "shm_map.h"
#include "symbols.h"
#include "tally.h"
#include "watchdog.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICK_NS = 800 * 1000, /* between two checks; a hang is seen at the second one */
	STOP_GRACE_MS = 100,  /* for a runner that was asked to stop */
	BROKEN_MAX = 3,       /* runners in a row that die before their first trial */
	OVER_MEMORY_MAX = 3,  /* trials over the memory limit, then it is over */
	ORPHANS_MAX = 16,
};

/* A stress cell in progress. */
struct stress_run {
	const struct cell_plan *plan;
	struct cell *cell;
	struct tally tally;
	struct runner_session session;
	struct watchdog watchdog;
	struct attribution attribution;
	uint32_t next; /* the first trial that is not judged yet */
	bool stuck;    /* `stuck_finding` belongs to trial `next`, whose child forklab killed */
	struct finding stuck_finding;
	bool killed_runner; /* forklab killed the current runner */
	pid_t orphan;       /* a process that the current trial left behind; 0: none */
	bool more_orphans;
	uint64_t begin_ns;
	uint32_t runner_first_trial; /* the first trial of the current runner */
	unsigned failed_starts;      /* runners in a row that did not begin a trial */
	unsigned over_memory;        /* trials */
	bool crashed;                /* a runner has: further ones note where (struct crash_note) */
	struct symbols *symbols;     /* of the current runner, if it did; NULL: none */
	bool over;
};

static struct trial *current_trial(struct stress_run *c)
{
	return &c->session.runner.shm->trial[c->next % SHM_TRIALS];
}

static void add_broken(struct stress_run *c, enum finding_cause cause)
{
	tally_add_broken(&c->tally, c->next, cause, 0, NULL);
}

/* ---- Starting ---- */

static bool start_runner(struct stress_run *c)
{
	c->session.plan.first_trial = c->next;
	c->session.plan.note_crashes = c->crashed;
	c->runner_first_trial = c->next;
	c->killed_runner = false;
	int error = runner_session_start(&c->session);
	if (!error) {
		watchdog_begin(&c->watchdog, &c->session.runner, c->plan->deadline_s);
		c->watchdog.attribution = &c->attribution;
		return true;
	}
	tally_add_broken(&c->tally, c->next, CAUSE_NOT_STARTED, -error, NULL);
	runner_session_end(&c->session);
	return false;
}

static void init_session(struct stress_run *c)
{
	const struct cell_plan *plan = c->plan;
	cell_session_init(&c->session, plan, plan->mode);
	c->session.limits.one_cpu = plan->sweep_baseline;
	c->session.plan.aim = plan->aim;
	c->session.plan.sweep_baseline = plan->sweep_baseline;
	c->session.plan.trace = plan->trace;
	c->session.plan.trials = plan->trials;
}

/* ---- Judging ---- */

/*
 * The moments of a stress run are random, its plan is not: running the same cell with the same seed
 * comes closest to repeating a trial.
 */
void stress_command(const struct cell_plan *plan, struct finding *finding)
{
	char prefix[MODEL_PREFIX_MAX];
	environment_prefix(prefix, sizeof(prefix), environ);
	snprintf(finding->command, sizeof(finding->command),
		"%sforklab stress -a %s -s %s -m %s%s%s", prefix, plan->allocator,
		cell_scenario_argument(plan), fork_method_name(plan->method),
		plan->repro_options ? plan->repro_options : "",
		plan->preload_options ? plan->preload_options : "");
}

static void add_judged(struct stress_run *c, enum verdict verdict, struct finding *finding)
{
	finding->verdict = verdict;
	stress_command(c->plan, finding);
	if (finding->cause == CAUSE_OVER_MEMORY && ++c->over_memory == OVER_MEMORY_MAX)
		c->over = true;
	tally_add(&c->tally, verdict, finding);
	if (verdict == c->plan->stop_at && c->plan->stop_hits &&
		c->cell->count[verdict] >= c->plan->stop_hits)
		c->over = true;
}

static void judge_done_trial(struct stress_run *c, struct trial *trial)
{
	struct finding finding;
	struct process_exit process_exit = {.runner = &c->session.runner,
		.trial = trial,
		.stuck = c->stuck ? &c->stuck_finding : NULL,
		.orphan_pid = trial->orphan_pid ? trial->orphan_pid : c->orphan,
		.more_orphans = !trial->orphan_pid && c->more_orphans};
	enum verdict verdict = process_exit_judge_child(&process_exit, &finding);
	runner_process_discard_output(&c->session.runner, trial->output_begin);
	c->cell->pid_changes += atomic_load(&trial->pid_changes) != 0;
	c->cell->aimed += trial->aimed != 0;
	if (verdict == VERDICT_OK) {
		tally_add(&c->tally, verdict, NULL);
		tally_time(&c->tally, (double)(trial->end_ns - trial->begin_ns) / 1e6);
		return;
	}
	add_judged(c, verdict, &finding);
}

/* The first crash of a cell has no place; a later one like it has, and shares it. */
static void complete_crash(struct cell *cell, const struct finding *later)
{
	struct finding *first = &cell->finding;
	if (!cell->has_finding || first->cause != later->cause || *first->waiter ||
		!first->in_parent || first->signal != later->signal)
		return;
	first->crashed = later->crashed;
	first->pc = later->pc;
	memcpy(first->waiter, later->waiter, sizeof(first->waiter));
}

/* The runner itself has died: during trial `next`, or before that one `began`. */
static void judge_dead_runner(struct stress_run *c, int status, bool began)
{
	struct finding finding;
	struct process_exit process_exit = {.runner = &c->session.runner,
		.trial = current_trial(c),
		.stuck = c->stuck ? &c->stuck_finding : NULL};
	enum verdict verdict = process_exit_judge_parent(&process_exit, status, began, &finding);
	finding.trial = c->next;
	process_exit_add_crash(
		&finding, c->session.runner.shm, &c->session.runner.shm->crash, c->symbols);
	complete_crash(c->cell, &finding);
	add_judged(c, verdict, &finding);
}

/* A thread of the runner has crashed and waits: when the process is gone it is too late. */
static void look_at_crash(struct stress_run *c)
{
	struct crash_note *crash = &c->session.runner.shm->crash;
	if (atomic_load(&crash->noted) != CRASH_NOTED)
		return;
	if (!c->symbols && symbols_open(&c->symbols, c->session.runner.pid) != 0)
		c->symbols = NULL;
	atomic_store(&crash->noted, CRASH_SEEN);
}

/* ---- While the runner runs ---- */

/*
 * A process that outlives its runner, or that the runner could not kill, is reparented to forklab.
 */
static void kill_orphans(struct stress_run *c)
{
	pid_t orphans[ORPHANS_MAX];
	int count = descendants_orphans(c->session.runner.pid, orphans, ORPHANS_MAX);
	if (count > 0 && !c->orphan) {
		c->orphan = orphans[0];
		c->more_orphans = count > 1;
	}
	for (int i = 0; i < count && i < ORPHANS_MAX; i++)
		descendants_kill_tree(orphans[i]);
}

static bool is_done(const struct stress_run *c, uint32_t number)
{
	const struct trial *trial = &c->session.runner.shm->trial[number % SHM_TRIALS];
	return atomic_load_explicit(&trial->state, memory_order_acquire) == TRIAL_DONE &&
	       trial->number == number;
}

/* One past the last consecutive trial that is done and not judged. */
static uint32_t done_until(const struct stress_run *c)
{
	uint32_t number = c->next;
	while (number - c->next < SHM_TRIALS && is_done(c, number))
		number++;
	return number;
}

/* Judges all trials that are done, in order. Orphans are searched for after a trial is done. */
static void judge_done_trials(struct stress_run *c)
{
	uint32_t until = done_until(c);
	kill_orphans(c);
	while (c->next != until) {
		struct trial *trial = current_trial(c);
		judge_done_trial(c, trial);
		c->stuck = false;
		c->orphan = 0;
		c->failed_starts = 0;
		c->next++;
		atomic_store_explicit(&trial->state, TRIAL_FREE, memory_order_release);
	}
}

/*
 * The stuck process was killed and is about to end. After a child, its parent may be stuck as well.
 */
static bool is_ending(struct stress_run *c)
{
	pid_t child;
	if (!c->stuck || c->stuck_finding.in_parent)
		return c->stuck;
	uint32_t state = atomic_load(&current_trial(c)->state);
	return state < TRIAL_CHILD || (state == TRIAL_CHILD && watchdog_child_alive(&c->watchdog,
								       current_trial(c), &child));
}

static void check_stuck(struct stress_run *c)
{
	struct finding finding;
	pid_t child = 0;
	if (is_ending(c) || !watchdog_tick(&c->watchdog, current_trial(c), &finding, &child))
		return;
	c->stuck_finding = finding;
	c->stuck = true;
	if (finding.in_parent || child <= 0) {
		c->killed_runner = kill(c->session.runner.pid, SIGKILL) == 0;
	} else {
		descendants_kill_tree(child);
		watchdog_child_killed(&c->watchdog);
	}
}

static void wait_tick(struct stress_run *c)
{
	struct pollfd fds[] = {
		{.fd = c->session.runner.pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	struct timespec tick = {.tv_nsec = TICK_NS};
	ppoll(fds, 2, &tick, NULL);
	memory_watch_tick(&c->session.runner.memory);
}

static bool start_timed_out(struct stress_run *c)
{
	return c->next == c->runner_first_trial &&
	       atomic_load(&current_trial(c)->state) == TRIAL_FREE &&
	       runner_session_start_timed_out(&c->session);
}

/* What hangs when the budget ends is no less stuck for that. The runner is killed with it. */
static void give_up_trial(struct stress_run *c)
{
	struct finding finding;
	if (c->next == c->plan->trials || is_done(c, c->next))
		return;
	if (c->stuck)
		add_judged(c, c->stuck_finding.verdict, &c->stuck_finding);
	else if (watchdog_give_up(&c->watchdog, current_trial(c), &finding))
		add_judged(c, VERDICT_UNKNOWN, &finding);
}

/* Asks the runner to stop after the current trial, and gives it a moment. */
static void stop_early(struct stress_run *c)
{
	int status;
	uint64_t begin = monotonic_ns();
	atomic_store(&c->session.runner.shm->stop, 1);
	c->watchdog.patience.none = true;
	while (!c->stuck && !runner_process_has_ended(&c->session.runner, &status) &&
		seconds_since(begin) < STOP_GRACE_MS / 1e3) {
		wait_tick(c);
		judge_done_trials(c);
		check_stuck(c);
	}
	judge_done_trials(c);
	give_up_trial(c);
	c->over = true;
}

/* Valid once the runner has exited. */
static void read_wants_heap_check(struct stress_run *c)
{
	c->cell->wants_heap_check = c->session.runner.shm->has_heap_check == 1;
}

/*
 * The shared page says something impossible of the current trial: the process under test wrote over
 * it. Nothing else in it can be trusted then.
 */
static bool shm_is_damaged(struct stress_run *c)
{
	const struct trial *trial = current_trial(c);
	uint32_t state = atomic_load(&trial->state);
	return state > TRIAL_DONE || (state == TRIAL_DONE && !is_done(c, c->next));
}

static void give_up_shm(struct stress_run *c)
{
	add_broken(c, CAUSE_SHM_OVERWRITTEN);
	c->stuck = false;
	c->next++;
}

/* Before its first trial the runner says whether the scenario applies to it. */
static bool does_not_apply(struct stress_run *c)
{
	char why[SHM_TEXT_MAX];
	if (c->next != c->plan->first_trial ||
		!runner_session_is_unavailable(&c->session, why, sizeof(why)))
		return false;
	cell_skip(c->cell, SKIP_SCENARIO, why, 0);
	c->over = true;
	return true;
}

/* The runner has exited: it was done, or died during a trial. */
static void runner_exited(struct stress_run *c, int status)
{
	char answered[SHM_TEXT_MAX];
	cell_read_identity(c->cell, &c->session);
	if (c->next == c->runner_first_trial &&
		runner_session_is_mismatch(&c->session, answered, sizeof(answered))) {
		tally_add_broken(&c->tally, c->next, CAUSE_WRONG_MALLOC, 0, answered);
		c->over = true;
		return;
	}
	if (does_not_apply(c))
		return;
	read_wants_heap_check(c);
	if (c->next == c->plan->trials || c->over)
		return;
	if (shm_is_damaged(c)) {
		give_up_shm(c);
		return;
	}
	/* The trial ended between the verdict on its runner and the kill: forklab is to blame. */
	if (c->killed_runner && !c->stuck)
		return;
	bool began = atomic_load(&current_trial(c)->state) != TRIAL_FREE;
	c->crashed |= !c->stuck && WIFSIGNALED(status);
	if (!began && ++c->failed_starts < BROKEN_MAX)
		return;
	judge_dead_runner(c, status, began);
	c->stuck = false;
	c->next++;
	c->over |= !began;
}

/* Watches one runner until it exits or is ended. */
static void supervise_runner(struct stress_run *c, cell_progress *progress, void *context)
{
	int status = 0;
	while (!runner_process_has_ended(&c->session.runner, &status)) {
		wait_tick(c);
		cell_read_identity(c->cell, &c->session);
		look_at_crash(c);
		judge_done_trials(c);
		check_stuck(c);
		if (shm_is_damaged(c)) {
			give_up_shm(c);
			return;
		}
		if (progress)
			progress(c->cell, context);
		if (c->over || cell_budget_exhausted(c->plan, c->begin_ns)) {
			c->cell->cut |= !c->over;
			stop_early(c);
			return;
		}
		if (start_timed_out(c)) {
			add_broken(c, atomic_load(&c->session.runner.shm->scenario_load) ==
						      SCENARIO_LOADING
					      ? CAUSE_SCENARIO_HANGS
					      : CAUSE_NO_FIRST_TRIAL);
			c->over = true;
			return;
		}
	}
	judge_done_trials(c);
	runner_exited(c, status);
}

void stress_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	struct stress_run c = {.plan = plan, .cell = cell, .next = plan->first_trial};
	init_session(&c);
	c.tally.cell = cell;
	c.begin_ns = monotonic_ns();
	cell_fill_names(cell, plan, CELL_STRESS);
	cell->planned = plan->trials - plan->first_trial;
	if (cell_scenario_failed(cell, plan))
		return;
	while (!c.over && c.next < plan->trials && start_runner(&c)) {
		supervise_runner(&c, progress, context);
		if (plan->before_end)
			plan->before_end(plan->before_end_context, &c.session.runner);
		runner_session_end(&c.session);
		symbols_close(c.symbols);
		c.symbols = NULL;
		c.stuck = false;
		c.orphan = 0;
	}
	attribution_free(&c.attribution);
	cell->seconds = seconds_since(c.begin_ns);
	tally_finish(&c.tally);
}
