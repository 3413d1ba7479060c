/*
 * Blocks that threads pass to each other, so that most are freed by another thread than the one
 * that allocated them. Guarded by a mutex of the application.
 */
#pragma once

#include "scenario.h"

/*
 * Moves *mine to a random slot; a block that was there is freed. Parent, any thread.
 */
void shared_blocks_put(struct task *worker, struct block *mine);

/* Moves the block of a random slot to *mine; false: the slot is empty. Parent, any thread. */
bool shared_blocks_take(struct task *worker, struct block *mine);

/* Frees all shared blocks. Takes no lock. Child. */
void shared_blocks_clear(struct task *me);

/* Units of work: allocate a block and put it; take one and free it; take one, resize and put it. */
void shared_blocks_produce(struct task *worker);
void shared_blocks_consume(struct task *worker);
void shared_blocks_resize(struct task *worker);

/* For scenario.work: one of these, or lab_mixed_work(). */
void shared_blocks_work(struct task *worker);

/* For sequence.run: some of these in turn, then lab_sequence_short(). */
void shared_blocks_sequence(struct task *worker);
