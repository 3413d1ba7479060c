#pragma once

#include "scenario.h"

#include <stdint.h>

/* A pause stops every worker before its next unit of work. Main thread or forking thread. */
void worker_pause_end(void);
void worker_pause_begin(void);

/*
 * Waits a limited time until all workers have paused; the workers of some scenarios wait elsewhere.
 * Returns the number of workers that have not paused. Main thread.
 */
uint32_t worker_pause_wait(void);

/*
 * Waits without a time limit until every worker has paused since worker_pause_begin(): each has
 * made progress since the fork. Publishes in shm.awaited_tid which one it waits for. Main thread.
 */
void worker_pause_await(void);

/* Worker, between two units of work: returns when there is no pause. */
void worker_pause_point(struct task *worker);
