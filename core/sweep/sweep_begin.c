#include "sweep_run.h"

#include "futex.h"
#include "monotonic.h"
#include "shm_map.h"
#include "sweep_hooks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { START_TIMEOUT_S = 10 };
static const uint64_t poll_ns = 500 * 1000;

static bool skip(struct sweep_run *c, enum skip_reason reason, const char *why)
{
	cell_skip(c->cell, reason, why, 0);
	return false;
}

static void fill_plan(struct plan *to, const struct cell_plan *plan)
{
	to->mode = MODE_SWEEP;
	to->method = plan->method;
	to->mitigation = plan->mitigation;
	to->workers = 1;
	to->seed = plan->seed;
	snprintf(to->scenario, sizeof to->scenario, "%s", plan->scenario);
	if (plan->object)
		to->object = *plan->object;
}

/* With one processor in sight an allocator sizes itself the same on every machine. */
static bool start(struct sweep_run *c)
{
	const struct runner_limits limits = {
		.one_cpu = true, .env = c->plan->env, .data_bytes = c->plan->data_bytes};
	char why[MODEL_TEXT_MAX];
	int error = runner_process_prepare(&c->runner);
	if (!error) {
		fill_plan(&c->runner.shm->plan, c->plan);
		error = runner_process_start(&c->runner, c->plan->runner, &limits);
	}
	if (!error)
		return true;
	snprintf(why, sizeof why, "the runner cannot be started: %s", strerror(-error));
	sweep_run_broken(c, why);
	return false;
}

static void take_identity(struct sweep_run *c)
{
	const struct identity *identity = &c->runner.shm->identity;
	struct cell *cell = c->cell;
	ascii_sanitize(
		cell->version, sizeof cell->version, identity->version, sizeof identity->version);
	ascii_sanitize(cell->link, sizeof cell->link, identity->link, sizeof identity->link);
}

static void ended_early(struct sweep_run *c, int status)
{
	const struct shm *shm = c->runner.shm;
	const struct identity *identity = &shm->identity;
	char why[SHM_TEXT_MAX], text[MODEL_TEXT_MAX];
	if (atomic_load(&shm->unavailable)) {
		ascii_sanitize(why, sizeof why, shm->unavailable_why, sizeof shm->unavailable_why);
		skip(c, SKIP_SCENARIO, why);
		return;
	}
	if (atomic_load(&identity->state) != IDENTITY_MISMATCH) {
		sweep_run_runner_exited(c, status);
		return;
	}
	ascii_sanitize(why, sizeof why, identity->why, sizeof identity->why);
	snprintf(text, sizeof text, "the wrong malloc answered: %s", why);
	sweep_run_broken(c, text);
}

/* Until the worker waits in front of its sequence. */
static bool await_worker(struct sweep_run *c)
{
	struct shm_sweep *line = &c->runner.shm->sweep;
	int status;
	while (!atomic_load(&line->ready)) {
		if (runner_process_has_ended(&c->runner, &status)) {
			take_identity(c);
			ended_early(c, status);
			return false;
		}
		if ((double)(monotonic_ns() - c->begin_ns) / 1e9 > START_TIMEOUT_S) {
			sweep_run_broken(c, "the runner never came to its sequence");
			return false;
		}
		futex_wait(&line->ready, 0, poll_ns);
	}
	take_identity(c);
	if (sweep_run_shm_damaged(c))
		return false;
	return line->kind != SWEEP_NONE || skip(c, SKIP_NO_SEQUENCE, NULL);
}

/* The stepped thread and its tracer share a processor; the others are for all the rest. */
static void assign_cpus(struct sweep_run *c)
{
	cpu_set_t stepping;
	sched_getaffinity(c->stepper.tracee.tid, sizeof stepping, &stepping);
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&c->cpus) > 1; cpu++)
		if (CPU_ISSET(cpu, &stepping))
			CPU_CLR(cpu, &c->cpus);
	c->running_max = 2 + 2 * (unsigned)CPU_COUNT(&c->cpus);
	if (c->running_max > INFLIGHT_MAX / 2)
		c->running_max = INFLIGHT_MAX / 2;
}

static bool attach_worker(struct sweep_run *c)
{
	const struct shm *shm = c->runner.shm;
	char why[MODEL_TEXT_MAX];
	sched_getaffinity(0, sizeof c->cpus, &c->cpus);
	int error = stepper_attach(&c->stepper, c->runner.pid, atomic_load(&shm->worker_tid[0]),
		shm, c->plan->every_instruction);
	if (error && sweep_run_shm_damaged(c))
		return false;
	if (error == -EPERM)
		return skip(c, SKIP_NO_TRACE_RIGHT, NULL);
	if (error) {
		snprintf(why, sizeof why, "the worker cannot be stepped: %s", strerror(-error));
		sweep_run_broken(c, why);
		return false;
	}
	const struct sweep_hooks *hooks = c->plan->hooks;
	if (hooks && hooks->stored)
		c->stepper.watchpoint =
			(struct stepper_watchpoint){hooks->word, hooks->stored, hooks->context};
	assign_cpus(c);
	return true;
}

bool sweep_run_begin(struct sweep_run *c)
{
	const char *why;
	if (!arch_supported(&why))
		return skip(c, SKIP_ARCHITECTURE, why);
	if (!start(c) || !await_worker(c) || !attach_worker(c))
		return false;
	c->forker = (struct forker){
		.hooks = c->plan->hooks,
		.runner = &c->runner,
		.stepped = c->stepper.tracee.tid,
		.deadline_ns = (uint64_t)(c->plan->deadline_s * 1e9),
	};
	c->inflight.runner = &c->runner;
	/* Without names the findings have addresses. */
	if (symbols_open(&c->inflight.symbols, c->runner.pid) != 0)
		c->inflight.symbols = NULL;
	futex_store_and_wake(&c->runner.shm->sweep.go, 1);
	return true;
}
