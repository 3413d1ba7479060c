#include "stress.h"

#include "descendants.h"
#include "interrupt.h"
#include "monotonic.h"
#include "process_exit.h"
#include "runner_process.h"
#include "shm_map.h"
#include "tally.h"
#include "watchdog.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
	TICK_NS = 800 * 1000,   /* between two looks: a hang is seen at the second one */
	START_PATIENCE_S = 10,  /* for a runner to reach its first trial */
	STOP_PATIENCE_MS = 100, /* for a runner asked to stop */
	BROKEN_MAX = 3,         /* runners in a row that die before their first trial */
	STRAYS_MAX = 16,
	STRAYS_TICKS = 8, /* between two searches for processes left behind */
};

/* A cell under way. */
struct conduct {
	const struct cell_plan *plan;
	struct cell *cell;
	struct tally tally;
	struct spawned runner;
	struct watch watch;
	uint32_t next; /* the first trial that is not judged */
	bool stuck;    /* `stuck_finding` belongs to trial `next`, whose child forklab killed */
	struct finding stuck_finding;
	bool stray; /* the current trial left a process behind; `stray_text` says which */
	char stray_text[MODEL_NAME_MAX];
	uint64_t begin_ns, runner_ns;
	uint32_t runner_first; /* the first trial of the runner now alive */
	unsigned fruitless;    /* runners in a row that did no trial */
	bool not_here;         /* the scenario does not apply to this runner */
	bool over;
};

static struct trial *current_trial(struct conduct *c)
{
	return &c->runner.page->trial[c->next % PAGE_TRIALS];
}

static void broken(struct conduct *c, const char *why)
{
	struct finding finding = {.verdict = VERDICT_BROKEN, .latency_ms = -1, .trial = c->next};
	snprintf(finding.sentence, sizeof finding.sentence, "%s", why);
	tally_add(&c->tally, VERDICT_BROKEN, &finding);
}

/* ---- Starting ---- */

static void fill_plan(struct plan *to, const struct cell_plan *plan, uint32_t first)
{
	to->mode = plan->mode;
	to->method = plan->method;
	to->cure = plan->cure;
	to->workers = plan->workers;
	to->aim = plan->aim;
	to->of_sweep = plan->of_sweep;
	to->trace = plan->trace;
	to->first_trial = first;
	to->trials = plan->trials;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

static bool start_runner(struct conduct *c)
{
	char why[MODEL_TEXT_MAX];
	const struct spawn_limits limits = {.one_cpu = c->plan->of_sweep,
		.env = c->plan->env,
		.data_bytes = c->plan->data_bytes};
	int error = spawn_prepare(&c->runner);
	if (!error && c->plan->trace)
		error = spawn_add_trace(&c->runner);
	if (!error) {
		fill_plan(&c->runner.page->plan, c->plan, c->next);
		error = spawn_start(&c->runner, c->plan->runner, &limits);
	}
	c->runner_ns = monotonic_ns();
	c->runner_first = c->next;
	if (!error) {
		watch_begin(&c->watch, &c->runner, c->plan->deadline_s);
		return true;
	}
	snprintf(why, sizeof why, "the runner cannot be started: %s", strerror(-error));
	broken(c, why);
	spawn_end(&c->runner);
	return false;
}

/* ---- Judging ---- */

/*
 * The moments of a stress run are random, its plan is not: the same cell with the same seed is the
 * nearest thing to the same trial again.
 */
void cell_command(const struct cell_plan *plan, struct finding *finding)
{
	snprintf(finding->command, sizeof finding->command, "forklab stress -a %s -s %s -m %s%s%s",
		plan->allocator, plan->scenario, plan->method_name,
		plan->repeat ? plan->repeat : "", plan->given ? plan->given : "");
}

static void settle(struct conduct *c, enum verdict verdict, struct finding *finding)
{
	finding->verdict = verdict;
	cell_command(c->plan, finding);
	tally_add(&c->tally, verdict, finding);
	if (verdict == c->plan->stop_at && c->plan->stop_hits &&
		c->cell->count[verdict] >= c->plan->stop_hits)
		c->over = true;
}

static void judge_done_child(struct conduct *c, struct trial *trial)
{
	struct finding finding;
	char stray[MODEL_NAME_MAX] = "";
	if (trial->stray_pid != 0)
		snprintf(stray, sizeof stray, "pid %d", (int)trial->stray_pid);
	else if (c->stray)
		snprintf(stray, sizeof stray, "%s", c->stray_text);
	struct ended ended = {.runner = &c->runner,
		.trial = trial,
		.stuck = c->stuck ? &c->stuck_finding : NULL,
		.stray = stray[0] ? stray : NULL};
	enum verdict verdict = ended_child(&ended, &finding);
	spawn_output_forget(&c->runner, trial->output_begin);
	c->cell->pid_changes += atomic_load(&trial->pid_changes) != 0;
	c->cell->aimed += trial->aimed != 0;
	if (verdict == VERDICT_OK) {
		tally_add(&c->tally, verdict, NULL);
		tally_time(&c->tally, (double)(trial->end_ns - trial->begin_ns) / 1e6);
		return;
	}
	settle(c, verdict, &finding);
}

/* The runner itself is gone: in the middle of trial `next`, or before it `began` one. */
static void judge_dead_runner(struct conduct *c, int status, bool began)
{
	struct finding finding;
	struct ended ended = {.runner = &c->runner,
		.trial = current_trial(c),
		.stuck = c->stuck ? &c->stuck_finding : NULL};
	enum verdict verdict = ended_parent(&ended, status, began, &finding);
	finding.trial = c->next;
	settle(c, verdict, &finding);
}

/* ---- While it runs ---- */

/*
 * A process that outlived its runner, or that the runner could not end, was handed to us as its
 * next of kin.
 */
static void clear_strays(struct conduct *c)
{
	pid_t strays[STRAYS_MAX];
	int count = descendants_strays(c->runner.pid, strays, STRAYS_MAX);
	if (count > 0 && !c->stray)
		snprintf(c->stray_text, sizeof c->stray_text, "pid %d%s", (int)strays[0],
			count > 1 ? " and others" : "");
	c->stray |= count > 0;
	for (int i = 0; i < count && i < STRAYS_MAX; i++)
		descendants_kill_tree(strays[i]);
}

static bool is_done(const struct conduct *c, uint32_t number)
{
	const struct trial *trial = &c->runner.page->trial[number % PAGE_TRIALS];
	return atomic_load_explicit(&trial->state, memory_order_acquire) == TRIAL_DONE &&
	       trial->number == number;
}

/* One past the last trial that is done, of those that are not judged. */
static uint32_t done_until(const struct conduct *c)
{
	uint32_t number = c->next;
	while (number - c->next < PAGE_TRIALS && is_done(c, number))
		number++;
	return number;
}

/* Judges all trials that are done, in their order. What they left behind is looked for after they
 * were done. */
static void take_results(struct conduct *c)
{
	uint32_t until = done_until(c);
	clear_strays(c);
	while (c->next != until) {
		struct trial *trial = current_trial(c);
		judge_done_child(c, trial);
		c->stuck = c->stray = false;
		c->fruitless = 0;
		c->next++;
		atomic_store_explicit(&trial->state, TRIAL_FREE, memory_order_release);
	}
}

/* The stuck one was killed, and is about to end. After a child its parent may be stuck as well. */
static bool comes_to_its_end(struct conduct *c)
{
	pid_t child;
	if (!c->stuck || c->stuck_finding.in_parent)
		return c->stuck;
	uint32_t state = atomic_load(&current_trial(c)->state);
	return state < TRIAL_CHILD ||
	       (state == TRIAL_CHILD && watch_child_lives(&c->watch, current_trial(c), &child));
}

static void look(struct conduct *c)
{
	struct finding finding;
	pid_t child = 0;
	if (comes_to_its_end(c) || !watch_tick(&c->watch, current_trial(c), &finding, &child))
		return;
	c->stuck_finding = finding;
	c->stuck = true;
	if (finding.in_parent || child <= 0)
		kill(c->runner.pid, SIGKILL);
	else
		descendants_kill_tree(child);
}

static void wait_a_tick(const struct conduct *c)
{
	struct pollfd fds[] = {
		{.fd = c->runner.pidfd, .events = POLLIN},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	struct timespec tick = {.tv_nsec = TICK_NS};
	ppoll(fds, 2, &tick, NULL);
}

static double seconds_since(uint64_t from_ns)
{
	return (double)(monotonic_ns() - from_ns) / 1e9;
}

/* True when it is time to end the cell early. */
static bool out_of_time(const struct conduct *c)
{
	return interrupt_came() ||
	       (c->plan->seconds > 0 && seconds_since(c->begin_ns) > c->plan->seconds);
}

static bool never_began(struct conduct *c)
{
	return c->next == c->runner_first && atomic_load(&current_trial(c)->state) == TRIAL_FREE &&
	       seconds_since(c->runner_ns) > START_PATIENCE_S;
}

/* Asks the runner to stop after the trial under way, and gives it a moment. */
static void stop_early(struct conduct *c)
{
	int status;
	uint64_t begin = monotonic_ns();
	atomic_store(&c->runner.page->stop, 1);
	while (!c->stuck && !spawn_ended(&c->runner, &status) &&
		seconds_since(begin) < STOP_PATIENCE_MS / 1e3) {
		wait_a_tick(c);
		take_results(c);
		look(c);
	}
	take_results(c);
	c->over = true;
}

/* Once, and early: before the process under test may have written over it. */
static void take_identity(struct conduct *c)
{
	const struct identity *identity = &c->runner.page->identity;
	struct cell *cell = c->cell;
	if (cell->version[0] || atomic_load(&identity->state) == IDENTITY_UNKNOWN)
		return;
	pages_text(
		cell->version, sizeof cell->version, identity->version, sizeof identity->version);
	pages_text(cell->link, sizeof cell->link, identity->link, sizeof identity->link);
}

/* Of a runner that has come to its end. */
static void take_wish(struct conduct *c)
{
	c->cell->wants_examination = c->runner.page->is_examined == 1;
}

static void describe_mismatch(struct conduct *c)
{
	const struct identity *identity = &c->runner.page->identity;
	char why[PAGE_TEXT_MAX], text[MODEL_TEXT_MAX];
	pages_text(why, sizeof why, identity->why, sizeof identity->why);
	snprintf(text, sizeof text, "the wrong malloc answered: %s", why);
	broken(c, text);
	c->over = true;
}

/*
 * What the page says of the current trial cannot be: the process under test wrote over it. Nothing
 * else in it is worth reading then.
 */
static bool page_is_damaged(struct conduct *c)
{
	const struct trial *trial = current_trial(c);
	uint32_t state = atomic_load(&trial->state);
	return state > TRIAL_DONE || (state == TRIAL_DONE && !is_done(c, c->next));
}

static void give_up_page(struct conduct *c)
{
	broken(c, "the process under test wrote over the page that it shares with forklab");
	c->stuck = false;
	c->next++;
}

/* The scenario does not apply to this runner, as it says before its first trial. */
static bool does_not_apply(struct conduct *c)
{
	const struct page *page = c->runner.page;
	if (c->next != c->plan->first_trial || !atomic_load(&page->unavailable))
		return false;
	pages_text(c->cell->why, sizeof c->cell->why, page->unavailable_why,
		sizeof page->unavailable_why);
	c->over = c->not_here = true;
	return true;
}

/* The runner has ended: because it was done, or in the middle of a trial. */
static void runner_over(struct conduct *c, int status)
{
	take_identity(c);
	if (c->next == c->runner_first &&
		atomic_load(&c->runner.page->identity.state) == IDENTITY_MISMATCH) {
		describe_mismatch(c);
		return;
	}
	if (does_not_apply(c))
		return;
	take_wish(c);
	if (c->next == c->plan->trials || c->over)
		return;
	if (page_is_damaged(c)) {
		give_up_page(c);
		return;
	}
	bool began = atomic_load(&current_trial(c)->state) != TRIAL_FREE;
	if (!began && ++c->fruitless < BROKEN_MAX)
		return;
	judge_dead_runner(c, status, began);
	c->stuck = false;
	c->next++;
	c->over |= !began;
}

/* Watches one runner until it ends, by itself or through us. */
static void attend_runner(struct conduct *c, cell_progress *progress, void *context)
{
	int status = 0;
	while (!spawn_ended(&c->runner, &status)) {
		wait_a_tick(c);
		take_identity(c);
		take_results(c);
		look(c);
		if (page_is_damaged(c)) {
			give_up_page(c);
			return;
		}
		if (progress)
			progress(c->cell, context);
		if (c->over || out_of_time(c)) {
			c->cell->cut |= !c->over;
			stop_early(c);
			return;
		}
		if (never_began(c)) {
			broken(c, "the runner never reached its first trial");
			c->over = true;
			return;
		}
	}
	take_results(c);
	runner_over(c, status);
}

void cell_name(struct cell *cell, const struct cell_plan *plan, const char *mode)
{
	snprintf(cell->allocator, sizeof cell->allocator, "%s", plan->allocator);
	snprintf(cell->scenario, sizeof cell->scenario, "%s", plan->scenario);
	snprintf(cell->method, sizeof cell->method, "%s", plan->method_name);
	cell->mode = mode;
	if (plan->cure == CURE_NONE)
		return;
	snprintf(cell->cure, sizeof cell->cure, "%s", pages_cure_name(plan->cure));
	snprintf(cell->subject, sizeof cell->subject, "%s +%s", plan->allocator,
		pages_cure_name(plan->cure));
}

void cell_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context)
{
	struct conduct c = {.plan = plan, .cell = cell, .next = plan->first_trial};
	c.tally.cell = cell;
	c.begin_ns = monotonic_ns();
	cell_name(cell, plan, "stress");
	cell->planned = plan->trials - plan->first_trial;
	while (!c.over && c.next < plan->trials && start_runner(&c)) {
		attend_runner(&c, progress, context);
		if (plan->before_end)
			plan->before_end(plan->before_end_context, &c.runner);
		spawn_end(&c.runner);
		c.stuck = c.stray = false;
	}
	cell->seconds = seconds_since(c.begin_ns);
	tally_finish(&c.tally);
	if (c.not_here)
		cell->verdict = VERDICT_SKIPPED;
}
