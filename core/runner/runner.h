/*
 * The engine's inside: what its files share. Nothing here is seen by a scenario or an allocator,
 * and nothing of forklab's is seen here.
 *
 * Processes and threads: "parent" is the runner itself (main thread and workers), "child" is what a
 * trial forked. Functions named child_* run in the child and keep to docs/child-rules.md.
 */
#ifndef FORKLAB_RUNNER_H
#define FORKLAB_RUNNER_H

#include "allocator.h"
#include "scenario.h"
#include "shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The runner's state: written by the main thread before any worker exists, then only read. */
struct runner {
	struct shm *shm;
	const struct scenario *scenario;
	uint32_t workers;
	pid_t pid;
	int shm_fd; /* close-on-exec; -1 unless the scenario executes the runner */
};
extern struct runner runner;

/* All scenarios of this build, sorted, NULL at the end: generated from the file names. */
extern const struct scenario *const scenario_table[];

/* ---- attach.c ---- */

/* Maps the page behind `fd`. Returns it, or NULL with the reason in *why. Parent, main thread. */
struct shm *shm_attach(int fd, const char **why);

/* ---- identity.c ---- */

/*
 * Fills page->identity: which malloc answers. Returns true when it is the expected one. Unless it
 * may allocate the allocator's own books are left alone, and only the place of malloc and free is
 * looked at.
 */
bool identity_prove(struct shm *shm, bool may_allocate);

/* ---- actor.c: who does what ---- */

extern struct task task_table[SHM_WORKERS_MAX + 1]; /* the main thread's comes after the workers' */
extern struct task child_task;
extern const struct heap_calls heap_plain;

/* Makes `actor` the calling thread's own. */
void task_set_self(struct task *task);

/* Prepares an actor: its diary, its random sequence from `seed`. */
void task_init(struct task *task, struct activity *activity, uint32_t index, uint64_t seed);

struct task *task_main(void);

/* ---- cure.c: what an application can do for an allocator without handlers ---- */

/*
 * Puts the plan's cure in force: lab_heap goes through it, and fork() runs its handlers. 0 or
 * -errno. Main thread, before any other thread and before the scenario's setup.
 */
int mitigation_start(enum mitigation mitigation);

/* ---- clock.c ---- */

/* CLOCK_MONOTONIC in nanoseconds. Async-signal-safe. */
uint64_t clock_ns(void);

/* Burns about `ns` nanoseconds without giving up the processor. */
void clock_spin(uint64_t ns);

/* ---- failure.c: a check did not hold ---- */

/*
 * Records the failure where it belongs (the trial in a child, the page in the parent) and ends the
 * process at once. Async-signal-safe.
 */
_Noreturn void failure_exit(
	struct task *task, enum failure_kind kind, const void *address, size_t size);

/* ---- gate.c: pausing the workers ---- */

/* Closed gates stop every worker before its next unit of work. Main thread or forking thread. */
void worker_pause_end(void);
void worker_pause_begin(void);

/*
 * Closed: waits for the workers to be there, but not for long; some scenarios' workers wait
 * elsewhere. The number that are not there. Main thread.
 */
uint32_t worker_pause_wait(void);

/* Worker, between two units: returns when it may go on. */
void worker_pause_point(struct task *worker);

/* ---- workers.c ---- */

/* Starts the workers, paused. 0 or -errno. */
int workers_start(void);

/*
 * For MODE_BASELINE: gives every actor its blocks, by threads that are gone afterwards: the same
 * heap for the same child's work, without any worker. 0 or -errno.
 */
int workers_populate(void);

/* All workers have their blocks, and the trials may begin; in a sweep always. Any thread. */
bool workers_warm(void);

/* A worker other than `me` that is inside the allocator at this moment, or NULL. Any thread. */
struct task *workers_inside(const struct task *me);

/* Calls into the allocator that the workers have begun so far. Main thread. */
uint64_t workers_operations(void);

/* The calling thread is that worker: tells everybody, and adopts the actor. */
void workers_register(struct task *worker);

/* ---- block.c ---- */

/* Writes fewer words into blocks from now on: stepping makes each of them a fork point. */
void block_use_sparse_pattern(void);

/* Whether a live block still has its pattern. */
bool block_is_intact(const struct block *block);

/* ---- locks.c ---- */

/* Puts the locks that were published before there was a page into it. Main thread. */
void lock_names_flush(void);

/* ---- methods.c ---- */

/* Forks by that method: 0 in the child, the pid in the parent, -errno. */
pid_t method_fork(enum fork_method method);

/* Whether a worker has ever had a child of its own, and may have one now. */
bool method_forked_concurrently(void);

/* ---- executed.c: the program that a child executes, or that is spawned ---- */

/* The runner was started to be that program, for the trial in that place of the ring. Ends. */
_Noreturn void exec_target_main(uint32_t place);

/* ---- trial.c ---- */

/* Runs all trials of the plan. */
void trials_run(void);

/* The trial under way. */
struct trial *trial_current(void);

/* ---- examine.c ---- */

/*
 * Looks for the silent damage, into page->examination. Without siblings in the plan only how a
 * fresh process's blocks lie. Parent, main thread.
 */
void mode_heap_check(void);

/* ---- mitigation_cost.c ---- */

/* Measures for MODE_MITIGATION_COST, with all workers at work, into page->mitigation_cost. Main
 * thread. */
void mode_mitigation_cost(void);

/* ---- strays.c ---- */

/* Makes the runner the reaper of what its children leave behind. Main thread, once. */
void subreaper_enable(void);

/*
 * Ends whatever the child just reaped has left behind, and returns one of the pids, or 0. Main
 * thread, while the runner has no other child.
 */
pid_t subreaper_kill_orphans(void);

/* Tells a trial's new state to whoever watches the page. */
void trial_set_state(struct trial *trial, enum trial_state state);

/* Makes `trial` the one under way, for this process and those that it forks. */
void trial_adopt(struct trial *trial);

/* The fork of the trial under way begins, or has been made: `pid` is its child's. */
void trial_forking(void);
void trial_forked(pid_t pid);

/* Waits for that child's end; its wait status. */
int trial_reap(pid_t pid);

/* ---- words.c: words of the page that forklab and the runner wait for ---- */

/* Sleeps while the word has that value. Parent, any thread. */
void shm_futex_wait(_Atomic uint32_t *word, uint32_t value);

/* Stores the value and wakes whoever waits for the word, in this process or in forklab. */
void shm_futex_store(_Atomic uint32_t *word, uint32_t value);

/* ---- audit.c ---- */

/*
 * Registers handlers of its own, uses the allocator in two threads, and forks once when forklab
 * says so; then it times what forklab has put into the page. Parent, main thread.
 */
void mode_audit(void);

/* ---- sweep.c ---- */

/* Starts the worker that will be stepped, waiting for forklab. */
void sweep_prepare(void);

/* Does what forklab asks for until the sweep is over. */
void mode_sweep(void);

/* True when this process is being swept, and then: */
bool sweep_on(void);

/*
 * True in the bench's floor for a sweep: nothing is stepped, and trials are made in the heap that
 * sweep_run_baseline() leaves: the one at the end of the sequence.
 */
bool sweep_is_baseline(void);
void sweep_run_baseline(void);

/* What a child does: the sequence's own work, or the scenario's. */
void (*sweep_child(void))(struct task *me);

/* Whether the interrupted call goes on in a child: only if there is one. */
bool sweep_resumes(void);

/* ---- copy.c: throw-away copies of the process, for forks in a signal handler ---- */

/*
 * In a copy, before its handler forks: it becomes a runner of its own, for the trial that forklab
 * prepared for it. False: this is the runner itself.
 */
bool twin_adopt(void);

/* In a copy, after the fork: waits for the child. */
void twin_finish_fork(struct task *interrupted, pid_t child);

/* A copy's, or its child's, last call into the allocator has ended. Does not return. */
_Noreturn void twin_end(struct task *task);

/* ---- crowd.c ---- */

/* Starts so many threads, each of which allocates once and then sleeps for ever. 0 or -errno. */
int arena_fillers_start(void);

/* ---- child.c ---- */

/*
 * The child, from its first instruction after fork() on. `interrupted` is the actor whose thread
 * called fork. Returns only when the scenario wants the interrupted call to go on.
 */
void child_begin(struct task *interrupted);

/*
 * A child must not outlive its runner. The request is lost in the fork, so every child makes it
 * anew. Child.
 */
void child_set_pdeathsig(void);

/* What this process prints goes to the trial's own stretch of the output. */
void child_redirect_output(const struct trial *trial);

/* The actor whose interrupted call will go on in this child, or NULL. */
struct task *child_interrupted(void);

/* The unit of work that was interrupted has ended in the child. Does not return. */
_Noreturn void child_resumed(void);

#endif
