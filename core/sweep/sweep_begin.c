#include "sweep_run.h"

#include "futex.h"
#include "interrupt.h"
#include "monotonic.h"
#include "proc.h"
#include "sweep_hooks.h"

#include <errno.h>

enum { WAITS_POLL_NS = 50 * 1000 };

static const uint64_t poll_ns = 500 * 1000;

static bool skip(struct sweep_run *c, enum skip_reason reason, const char *text)
{
	cell_skip(c->cell, reason, text, 0);
	return false;
}

/* Seeing one processor, an allocator sizes itself the same on every machine. */
static bool start(struct sweep_run *c)
{
	cell_session_init(&c->session, c->plan, MODE_SWEEP);
	c->session.limits.one_cpu = true;
	c->session.plan.workers = 1;
	int error = runner_session_start(&c->session);
	if (error)
		sweep_run_broken(c, CAUSE_NOT_STARTED, -error);
	return !error;
}

static void ended_early(struct sweep_run *c, int status)
{
	char said[SHM_TEXT_MAX];
	if (runner_session_is_unavailable(&c->session, said, sizeof(said)))
		skip(c, SKIP_SCENARIO, said);
	else if (runner_session_is_mismatch(&c->session, said, sizeof(said)))
		tally_add_broken(&c->tally, c->points, CAUSE_WRONG_MALLOC, 0, said);
	else
		sweep_run_runner_exited(c, status);
}

/*
 * It says that it is ready, and waits then. Between the two it is in no system call, and cannot be
 * taken over.
 */
static bool worker_waits(const struct sweep_run *c)
{
	const struct shm *shm = c->session.runner.shm;
	struct proc_task task;
	if (!atomic_load(&shm->sweep.ready))
		return false;
	return shm->sweep.kind == SWEEP_NONE ||
	       (proc_task_call(c->session.runner.pid, atomic_load(&shm->worker_tid[0]), &task) ==
			       0 &&
		       task.in_syscall);
}

/* Waits until the worker is right before its sequence. */
static bool await_worker(struct sweep_run *c)
{
	struct shm_sweep *line = &c->session.runner.shm->sweep;
	int status;
	while (!worker_waits(c)) {
		if (runner_process_has_ended(&c->session.runner, &status)) {
			cell_read_identity(c->cell, &c->session);
			ended_early(c, status);
			return false;
		}
		if (runner_session_start_timed_out(&c->session)) {
			bool loading = atomic_load(&c->session.runner.shm->scenario_load) ==
				       SCENARIO_LOADING;
			sweep_run_broken(c, loading ? CAUSE_SCENARIO_HANGS : CAUSE_NO_SEQUENCE, 0);
			return false;
		}
		if (interrupt_received()) {
			c->cell->cut = c->over = true;
			return false;
		}
		memory_watch_tick(&c->session.runner.memory);
		if (atomic_load(&line->ready))
			sleep_ns(WAITS_POLL_NS);
		else
			futex_wait(&line->ready, 0, poll_ns);
	}
	cell_read_identity(c->cell, &c->session);
	if (sweep_run_shm_damaged(c))
		return false;
	return line->kind != SWEEP_NONE || skip(c, SKIP_NO_SEQUENCE, NULL);
}

/*
 * The stepped thread and its tracer share a processor; forking thread and children use the others.
 */
static void assign_cpus(struct sweep_run *c)
{
	cpu_set_t stepping;
	sched_getaffinity(c->stepper.tracee.tid, sizeof(stepping), &stepping);
	for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&c->cpus) > 1; cpu++)
		if (CPU_ISSET(cpu, &stepping))
			CPU_CLR(cpu, &c->cpus);
	c->running_max = 2 + 2 * (unsigned)CPU_COUNT(&c->cpus);
	if (c->running_max > INFLIGHT_MAX / 2)
		c->running_max = INFLIGHT_MAX / 2;
}

static bool attach_worker(struct sweep_run *c)
{
	const struct shm *shm = c->session.runner.shm;
	sched_getaffinity(0, sizeof(c->cpus), &c->cpus);
	int error = stepper_attach(&c->stepper, c->session.runner.pid,
		atomic_load(&shm->worker_tid[0]), shm, c->plan->every_instruction);
	if (error && sweep_run_shm_damaged(c))
		return false;
	if (error == -EPERM)
		return skip(c, SKIP_NO_TRACE_RIGHT, NULL);
	if (error) {
		sweep_run_broken(c, CAUSE_NOT_STEPPED, -error);
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
		.runner = &c->session.runner,
		.stepped = c->stepper.tracee.tid,
		.deadline_ns = (uint64_t)(c->plan->deadline_s * 1e9),
		.until_ns = c->inflight.until_ns,
	};
	c->inflight.runner = &c->session.runner;
	/* Without symbols, findings have addresses only. */
	if (symbols_open(&c->inflight.symbols, c->session.runner.pid) != 0)
		c->inflight.symbols = NULL;
	c->inflight.attribution.symbols = c->inflight.symbols;
	c->inflight.attribution.borrowed = c->inflight.symbols != NULL;
	futex_store_and_wake(&c->session.runner.shm->sweep.go, 1);
	return true;
}
