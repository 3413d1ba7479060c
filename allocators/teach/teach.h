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

/* For traces: adds up the heap and walks through every free list, with both locks held. */
void teach_heap(struct allocator_heap *heap);

#endif
