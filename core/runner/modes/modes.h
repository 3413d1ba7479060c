#pragma once

/* What the runner does in its modes (enum run_mode), beside trials. Main thread. */

/*
 * Registers atfork handlers, uses the allocator in two threads, and forks once when forklab says
 * so; then it times the handlers that forklab has listed in shm.
 */
void mode_audit(void);

/*
 * Checks for damage that no trial notices; the results are in shm->heap_check. If the plan has no
 * trials, only the block layout of a fresh process is recorded.
 */
void mode_heap_check(void);

/* Measures while all workers run; the results are in shm->mitigation_cost. */
void mode_mitigation_cost(void);

/* Starts the worker that will be stepped; it waits for forklab. */
void sweep_prepare(void);

/* Serves forklab's requests until the sweep is over. */
void mode_sweep(void);

/* Runs the whole sequence without stepping. */
void sweep_run_baseline(void);
