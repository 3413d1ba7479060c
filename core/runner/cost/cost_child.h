#pragma once

#include "cost_shm.h"

#include <stdint.h>

/* Code that runs in the measured children. */

/* The record of the next child of fork(), set before it. NULL: a child that exits at once. */
extern struct cost_child *cost_next_child;

/* The main thread's stack is in use up to this address. */
extern uintptr_t cost_stack_top;

/* Called from the child's first atfork handler. */
void child_first_handler(void);

/* What such a child does after the fork. Ends the process. */
_Noreturn void child_timed(struct cost_child *me);
_Noreturn void child_memory_stages(struct cost_child *me);
_Noreturn void child_search_caches(void);

/* Called first, with the time at which fork() returned. */
void child_begin_measuring(struct cost_child *me, uint64_t now);

/* Stops at that stage until the parent lets the child go on. */
void child_stop(struct cost_child *me, enum cost_stage stage);

/*
 * Allocates and looks for the cached blocks: in the calling thread, then in new threads, one after
 * the other. The parent calls it too.
 */
void child_search(struct cost_reuse *found);
