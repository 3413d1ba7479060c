/*
 * Blocks that one thread puts down for any other: so a block is mostly freed by another thread than
 * the one that allocated it. Behind a mutex of the application's.
 */
#ifndef FORKLAB_SHELF_H
#define FORKLAB_SHELF_H

#include "scenario.h"

/*
 * Puts *mine in a random place and takes it from the caller; what lay there is freed. Parent, any
 * thread.
 */
void shelf_put(struct actor *worker, struct block *mine);

/* Takes what lies in a random place into *mine; false: nothing does. Parent, any thread. */
bool shelf_take(struct actor *worker, struct block *mine);

/* The child frees all that lies there: it belongs to nobody. Takes no lock. Child. */
void shelf_clear(struct actor *me);

/* Units of work: an allocated block is put down; one is taken and freed, or resized and put back.
 */
void shelf_produce(struct actor *worker);
void shelf_consume(struct actor *worker);
void shelf_resize(struct actor *worker);

/* For scenario.work: one of these, or work of the thread's own. */
void shelf_work(struct actor *worker);

/* For sequence.run: some of them in turn, and one call of each kind. */
void shelf_sequence(struct actor *worker);

#endif
