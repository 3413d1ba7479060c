/*
 * Shared by the allocator and its fork policies. A policy is one of the files atfork_*.c.
 */
#pragma once

#include "lock.h"

/* Lock order: bins before chunks. */
extern struct teach_lock teach_bins;   /* the free lists */
extern struct teach_lock teach_chunks; /* memory from the kernel: chunks, large blocks */

/*
 * In the chosen atfork_*.c. Called once, before main(), without any lock held, because
 * pthread_atfork() itself may allocate.
 */
void teach_register_handlers(void);

/*
 * Optional functions of a policy, else NULL. teach_thread_begins(): a thread's first call into the
 * allocator, before any lock is taken; may allocate. teach_owner(): the number under which the
 * thread owns its large blocks; 0: they have no owner.
 */
__attribute__((weak)) void teach_thread_begins(void);
__attribute__((weak)) uint16_t teach_owner(void);

/* Unmaps the owner's blocks that others freed; the rest loses its owner. Any thread, no lock. */
void teach_abandon(uint16_t owner);

/* For traces: sums up the heap and checks every free list, with both locks held. */
void teach_heap(struct allocator_heap_state *heap);
