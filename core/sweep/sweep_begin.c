#include "sweep_run.h"

#include "futex.h"
#include "monotonic.h"
#include "shm_map.h"
#include "sweep_hooks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { START_S = 10 };
static const uint64_t look_ns = 500 * 1000;

static bool skipped(struct conduct *c, const char *why)
{
	c->cell->verdict = VERDICT_SKIPPED;
	snprintf(c->cell->why, sizeof c->cell->why, "%s", why);
	return false;
}

static void fill_plan(struct plan *to, const struct cell_plan *plan)
{
	to->mode = MODE_SWEEP;
	to->method = plan->method;
	to->cure = plan->cure;
	to->workers = 1;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

/* With one processor in sight an allocator sizes itself the same on every machine. */
static bool start(struct conduct *c)
{
	const struct spawn_limits limits = {
		.one_cpu = true, .env = c->plan->env, .data_bytes = c->plan->data_bytes};
	char why[MODEL_TEXT_MAX];
	int error = spawn_prepare(&c->runner);
	if (!error) {
		fill_plan(&c->runner.page->plan, c->plan);
		error = spawn_start(&c->runner, c->plan->runner, &limits);
	}
	if (!error)
		return true;
	snprintf(why, sizeof why, "the runner cannot be started: %s", strerror(-error));
	conduct_broken(c, why);
	return false;
}

static void take_identity(struct conduct *c)
{
	const struct identity *identity = &c->runner.page->identity;
	struct cell *cell = c->cell;
	pages_text(
		cell->version, sizeof cell->version, identity->version, sizeof identity->version);
	pages_text(cell->link, sizeof cell->link, identity->link, sizeof identity->link);
}

static void ended_early(struct conduct *c, int status)
{
	const struct page *page = c->runner.page;
	const struct identity *identity = &page->identity;
	char why[PAGE_TEXT_MAX], text[MODEL_TEXT_MAX];
	if (atomic_load(&page->unavailable)) {
		pages_text(why, sizeof why, page->unavailable_why, sizeof page->unavailable_why);
		skipped(c, why);
		return;
	}
	if (atomic_load(&identity->state) != IDENTITY_MISMATCH) {
		conduct_runner_gone(c, status);
		return;
	}
	pages_text(why, sizeof why, identity->why, sizeof identity->why);
	snprintf(text, sizeof text, "the wrong malloc answered: %s", why);
	conduct_broken(c, text);
}

/* Until the worker waits in front of its sequence. */
static bool await_worker(struct conduct *c)
{
	struct sweep_line *line = &c->runner.page->sweep;
	int status;
	while (!atomic_load(&line->ready)) {
		if (spawn_ended(&c->runner, &status)) {
			take_identity(c);
			ended_early(c, status);
			return false;
		}
		if ((double)(monotonic_ns() - c->begin_ns) / 1e9 > START_S) {
			conduct_broken(c, "the runner never came to its sequence");
			return false;
		}
		futex_wait(&line->ready, 0, look_ns);
	}
	take_identity(c);
	if (conduct_damaged(c))
		return false;
	return line->kind != SWEEP_NONE || skipped(c, "the scenario has no sequence to sweep");
}

/* The stepped thread and its tracer share a processor; the others are for all the rest. */
static void share_out_processors(struct conduct *c)
{
	cpu_set_t stepping;
	sched_getaffinity(c->stepper.step.tid, sizeof stepping, &stepping);
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&c->cpus) > 1; cpu++)
		if (CPU_ISSET(cpu, &stepping))
			CPU_CLR(cpu, &c->cpus);
	c->airborne_max = 2 + 2 * (unsigned)CPU_COUNT(&c->cpus);
	if (c->airborne_max > FLIGHTS_MAX / 2)
		c->airborne_max = FLIGHTS_MAX / 2;
}

static bool take_over(struct conduct *c)
{
	const struct page *page = c->runner.page;
	char why[MODEL_TEXT_MAX];
	sched_getaffinity(0, sizeof c->cpus, &c->cpus);
	int error = stepper_begin(&c->stepper, c->runner.pid, atomic_load(&page->worker_tid[0]),
		page, c->plan->every_instruction);
	if (error && conduct_damaged(c))
		return false;
	if (error == -EPERM)
		return skipped(c, "no right to trace a process (ptrace): allow it in the "
				  "container's seccomp profile, or with sysctl "
				  "kernel.yama.ptrace_scope=1");
	if (error) {
		snprintf(why, sizeof why, "the worker cannot be stepped: %s", strerror(-error));
		conduct_broken(c, why);
		return false;
	}
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (hooks && hooks->stored)
		c->stepper.watch =
			(struct stepper_watch){hooks->word, hooks->stored, hooks->context};
	share_out_processors(c);
	return true;
}

bool conduct_begin(struct conduct *c)
{
	const char *why;
	if (!arch_supported(&why))
		return skipped(c, why);
	if (!start(c) || !await_worker(c) || !take_over(c))
		return false;
	c->forker = (struct forker){
		.hooks = c->plan->hooks,
		.runner = &c->runner,
		.stepped = c->stepper.step.tid,
		.deadline_ns = (uint64_t)(c->plan->deadline_s * 1e9),
	};
	c->flights.runner = &c->runner;
	/* Without names the findings have addresses. */
	if (symbols_open(&c->flights.symbols, c->runner.pid) != 0)
		c->flights.symbols = NULL;
	futex_announce(&c->runner.page->sweep.go, 1);
	return true;
}
