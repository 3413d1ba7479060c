/*
 * What the allocator and its fork policies share. A policy is one file to choose: atfork_*.c.
 */
#ifndef TEACH_H
#define TEACH_H

#include "lock.h"

/* A thread that wants both takes the bins first: two orders would be a deadlock of their own. */
extern struct teach_lock teach_bins;   /* the free lists */
extern struct teach_lock teach_chunks; /* what came from the kernel: chunks, large blocks */

/*
 * The chosen atfork_*.c: called once, before main(), without any lock held, because
 * pthread_atfork() itself may allocate.
 */
void teach_register_handlers(void);

/*
 * A policy may have these as well; where it has not, they are NULL. teach_thread_begins(): a
 * thread's first call into the allocator, before any lock is taken; may allocate. teach_owner():
 * the number that the thread owns its large blocks by, 0: they are everybody's.
 */
__attribute__((weak)) void teach_thread_begins(void);
__attribute__((weak)) uint16_t teach_owner(void);

/* Unmaps what others freed of that owner's, and makes the rest everybody's. Any thread, no lock. */
void teach_abandon(uint16_t owner);

/* For traces: adds up the heap and walks through every free list, with both locks held. */
void teach_heap(struct allocator_heap_state *heap);

#endif
