/*
 * Blocks that one thread puts down for any other: so a block is mostly freed by another thread than
 * the one that allocated it. Behind a mutex of the application's.
 */
#ifndef FORKLAB_SHARED_BLOCKS_H
#define FORKLAB_SHARED_BLOCKS_H

#include "scenario.h"

/*
 * Puts *mine in a random place and takes it from the caller; what lay there is freed. Parent, any
 * thread.
 */
void shared_blocks_put(struct task *worker, struct block *mine);

/* Takes what lies in a random place into *mine; false: nothing does. Parent, any thread. */
bool shared_blocks_take(struct task *worker, struct block *mine);

/* The child frees all that lies there: it belongs to nobody. Takes no lock. Child. */
void shared_blocks_clear(struct task *me);

/* Units of work: an allocated block is put down; one is taken and freed, or resized and put back.
 */
void shared_blocks_produce(struct task *worker);
void shared_blocks_consume(struct task *worker);
void shared_blocks_resize(struct task *worker);

/* For scenario.work: one of these, or work of the thread's own. */
void shared_blocks_work(struct task *worker);

/* For sequence.run: some of them in turn, and one call of each kind. */
void shared_blocks_sequence(struct task *worker);

#endif
