#pragma once

#include "scenario.h"

#include <stdbool.h>
#include <stdint.h>

/* Starts the workers, paused. 0 or -errno. */
int workers_start(void);

/*
 * For MODE_BASELINE: every task gets its blocks from a thread that has ended when this returns, so
 * the child works on the same heap but without any worker. 0 or -errno.
 */
int workers_populate(void);

/* True when all workers have their blocks and trials may begin; always in a sweep. Any thread. */
bool workers_warm(void);

/* A worker other than `me` that is inside the allocator now, or NULL. Any thread. */
struct task *workers_inside(const struct task *me);

/* Number of calls into the allocator that the workers have begun. Main thread. */
uint64_t workers_operations(void);

/* Makes the calling thread that worker and publishes its tid. */
void workers_register(struct task *worker);
