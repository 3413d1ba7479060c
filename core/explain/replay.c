#include "replay.h"

#include "evidence.h"
#include "proc.h"
#include "proc_mem.h"
#include "shm_map.h"
#include "snapshot_stuck.h"
#include "sweep.h"
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

/* ---- The lock ---- */

static uint32_t read_word(pid_t pid, uint64_t address)
{
	uint32_t word = 0;
	if (address)
		proc_mem_read(pid, address, &word, sizeof(word));
	return word;
}

/* Whether it is published as the application's. */
static bool read_lock_name(char name[SHM_NAME_MAX], const struct shm *shm, uint64_t lock)
{
	struct named_lock named;
	if (!evidence_named_lock(shm, lock, &named))
		return false;
	ascii_sanitize(name, SHM_NAME_MAX, named.name, sizeof(named.name));
	return !named.of_allocator;
}

static void find_owner(struct replay *r, const struct shm *shm)
{
	struct finding finding = {0};
	struct suspect suspect = {.shm = shm, .pid = r->runner, .parent = true};
	static struct proc_scan nobody;
	evidence_lock(&finding, &suspect, r->lock, &nobody);
	r->owner_tid = finding.owner_tid;
	r->owner = finding.owner;
}

/* The main thread is idle or waits, so the kernel tells its stack pointer. */
static void find_object(struct replay *r, const struct shm *shm)
{
	struct proc_task main_task = {0};
	proc_task(r->runner, r->main_tid, &main_task);
	const struct thread_memory threads[] = {
		{.tid = r->worker_tid,
			.sp = arch_sp(&r->worker.regs),
			.top = shm->sweep.stack_top,
			.tp = arch_tp(&r->worker.regs)},
		{.tid = r->main_tid, .sp = main_task.sp},
	};
	address_info_find(&r->object, r->symbols, r->runner, r->lock, threads,
		sizeof(threads) / sizeof(threads[0]));
}

static void examine_lock(struct replay *r, const struct shm *shm)
{
	if (!r->lock)
		return;
	r->word = read_word(r->runner, r->lock);
	r->lock_of_application = read_lock_name(r->lock_name, shm, r->lock);
	find_owner(r, shm);
	if (r->symbols)
		find_object(r, shm);
}

static void keep(struct replay_store *store, pid_t tid, const struct watchpoint_hit *change)
{
	store->seen = true;
	store->instruction = change->instruction;
	store->before = change->before;
	store->after = change->after;
	/* Without memory there is no stack to show; the rest is valid. */
	(void)snapshot_take(&store->at, tid, change->regs);
}

/* A free lock is 0 in every allocator that forklab knows. */
static void on_store(void *context, pid_t tid, const struct watchpoint_hit *change)
{
	struct replay *r = context;
	bool takes = change->before == 0, gives = change->after == 0;
	if (!r->arrived && takes)
		keep(&r->taken, tid, change);
	else if (!r->arrived && gives)
		r->taken.seen = false;
	else if (r->arrived && !r->released.seen)
		keep(&r->released, tid, change);
}

/* ---- The point ---- */

static bool open_symbols(struct replay *r, pid_t pid)
{
	if (!r->symbols && symbols_open(&r->symbols, pid) != 0)
		r->symbols = NULL;
	return r->symbols != NULL;
}

static void on_arrival(void *context, const struct stepper *stepper, const struct shm *shm)
{
	struct replay *r = context;
	const struct activity *activity = &shm->sweep.activity;
	r->arrived = true;
	r->runner = stepper->pid;
	r->worker_tid = stepper->tracee.tid;
	r->main_tid = atomic_load(&shm->main_tid);
	r->instruction = stepper->instructions;
	r->pc = stepper->pc;
	r->call_instruction = stepper->call_begin_instruction;
	r->inside = atomic_load(&activity->inside);
	if (atomic_load(&activity->op) != OP_NONE)
		call_text(r->call, sizeof(r->call), atomic_load(&activity->op),
			atomic_load(&activity->size));
	(void)snapshot_take(&r->worker, stepper->tracee.tid, &stepper->regs);
	(void)open_symbols(r, stepper->pid);
	r->by_signal = shm->sweep.kind == SWEEP_SIGNAL;
	examine_lock(r, shm);
}

static void keep_wait(struct replay *r, struct replay_wait *kept, const struct sweep_wait *wait)
{
	kept->wait = *wait;
	(void)snapshot_stuck_take(&kept->at, &kept->task, wait->pid, wait->tid, wait->futex);
	if (!wait->futex)
		return;
	(void)read_lock_name(kept->lock_name, wait->shm, wait->futex);
	if (open_symbols(r, wait->pid))
		address_info_find(&kept->object, r->symbols, wait->pid, wait->futex, NULL, 0);
}

static void on_wait(void *context, const struct sweep_wait *wait)
{
	struct replay *r = context;
	bool known = r->waits == REPLAY_WAITS_MAX;
	for (unsigned i = 0; i < r->waits; i++)
		known |= r->wait[i].wait.futex == wait->futex;
	if (!known)
		keep_wait(r, &r->wait[r->waits++], wait);
	if (wait->point != r->point || r->waited)
		return;
	r->waited = true;
	keep_wait(r, &r->waiting, wait);
}

/* ---- The outcome ---- */

/* The thread that the finding is about comes first. */
static void put_first(struct replay *r, uint64_t sp)
{
	for (unsigned i = 1; i < r->threads; i++)
		if (arch_sp(&r->thread[i].at.regs) == sp) {
			struct replay_thread other = r->thread[0];
			r->thread[0] = r->thread[i];
			r->thread[i] = other;
			return;
		}
}

static void on_stuck(void *context, const struct suspect *suspect, const struct finding *finding)
{
	struct replay *r = context;
	static struct proc_scan scan;
	/* While the first bad point is searched, details of stuck processes are not needed. */
	if (!r->point || proc_scan(suspect->pid, &scan) != 0)
		return;
	r->stuck = true;
	r->stuck_pid = suspect->pid;
	r->finding = *finding;
	r->stuck_word = read_word(suspect->pid, finding->futex);
	for (unsigned i = 0; i < scan.tasks && r->threads < REPLAY_THREADS_MAX; i++) {
		struct replay_thread *thread = &r->thread[r->threads];
		pid_t tid = scan.task[i].tid;
		/* Of the runner only these two: its other threads are not involved. */
		if (suspect->pid == r->runner && tid != r->worker_tid && tid != r->main_tid)
			continue;
		if (snapshot_stuck_take(
			    &thread->at, &thread->task, suspect->pid, tid, finding->futex) == 0)
			r->threads++;
	}
	put_first(r, finding->sp);
}

static bool on_judged(void *context, const struct point_result *result)
{
	struct replay *r = context;
	bool bad = result->outcome == POINT_TRIED && verdict_is_bad(result->verdict);
	if (!r->point && !bad)
		return false;
	r->left_out = result->outcome == POINT_LEFT_OUT;
	r->signal_blocked = result->outcome == POINT_WAITED && !r->waited;
	r->last_point = result->point;
	r->last_instruction = result->instruction;
	if (result->outcome != POINT_TRIED)
		return r->left_out || r->signal_blocked;
	r->judged = true;
	r->verdict = result->verdict;
	if (result->finding)
		r->finding = *result->finding;
	return true;
}

/* ---- Processes that die ---- */

static void on_forking(void *context, pid_t tid)
{
	struct replay *r = context;
	/* Untraced it dies as well, but unobserved. */
	if (!r->by_signal)
		(void)crash_tracer_await_fork(&r->crash_tracer, tid);
}

static bool on_twin(void *context, pid_t twin)
{
	struct replay *r = context;
	return crash_tracer_adopt(&r->crash_tracer, twin) == 0;
}

static bool traces(void *context, pid_t tid)
{
	struct replay *r = context;
	crash_tracer_poll(&r->crash_tracer);
	return crash_tracer_traces(&r->crash_tracer, tid);
}

void replay_run(struct replay *r, cell_progress *progress, void *context)
{
	const struct sweep_hooks hooks = {
		.context = r,
		.word = r->lock,
		.stored = r->lock ? on_store : NULL,
		.arrived = on_arrival,
		.waits = on_wait,
		.stuck = on_stuck,
		.judged = on_judged,
		.forking = r->trace_to_end ? on_forking : NULL,
		.take_twin = r->trace_to_end ? on_twin : NULL,
		.traces = r->trace_to_end ? traces : NULL,
	};
	struct cell_plan plan = *r->plan;
	plan.point = r->point;
	plan.hooks = &hooks;
	sweep_run(&plan, &r->cell, progress, context);
}

void replay_free(struct replay *r)
{
	symbols_close(r->symbols);
	snapshot_free(&r->crash_tracer.snapshot);
	snapshot_free(&r->worker);
	snapshot_free(&r->waiting.at);
	for (unsigned i = 0; i < REPLAY_WAITS_MAX; i++)
		snapshot_free(&r->wait[i].at);
	snapshot_free(&r->taken.at);
	snapshot_free(&r->released.at);
	for (unsigned i = 0; i < REPLAY_THREADS_MAX; i++)
		snapshot_free(&r->thread[i].at);
	free(r->cell.sweep.window);
	*r = (struct replay){0};
}
