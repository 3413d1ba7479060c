#include "shelf.h"

#include <pthread.h>

enum { PLACES = 64 };

/* An empty place has live == 0. */
static struct {
	pthread_mutex_t lock;
	struct block block[PLACES];
} shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Moves a block's bookkeeping; `to` belongs to the caller or is guarded by the lock. */
static void hand_over(struct block *to, struct block *from)
{
	to->tag = from->tag;
	to->at = from->at;
	to->size = from->size;
	from->live = 0;
	to->live = 1;
}

void shelf_put(struct actor *worker, struct block *mine)
{
	pthread_mutex_lock(&shelf.lock);
	struct block *place = &shelf.block[lab_below(worker, PLACES)];
	struct block other = {0};
	if (place->live)
		hand_over(&other, place);
	hand_over(place, mine);
	pthread_mutex_unlock(&shelf.lock);
	if (other.live)
		lab_block_drop(worker, &other);
}

bool shelf_take(struct actor *worker, struct block *mine)
{
	pthread_mutex_lock(&shelf.lock);
	struct block *place = &shelf.block[lab_below(worker, PLACES)];
	bool found = place->live;
	if (found)
		hand_over(mine, place);
	pthread_mutex_unlock(&shelf.lock);
	return found;
}

void shelf_clear(struct actor *me)
{
	for (unsigned i = 0; i < PLACES; i++)
		if (shelf.block[i].live)
			lab_block_drop(me, &shelf.block[i]);
}

void shelf_produce(struct actor *worker)
{
	struct block block = {0};
	lab_block_new(worker, &block, OP_MALLOC, lab_mixed_size(worker));
	shelf_put(worker, &block);
}

void shelf_consume(struct actor *worker)
{
	struct block block = {0};
	if (shelf_take(worker, &block))
		lab_block_drop(worker, &block);
}

void shelf_resize(struct actor *worker)
{
	struct block block = {0};
	if (!shelf_take(worker, &block))
		return;
	lab_block_resize(worker, &block, lab_mixed_size(worker));
	shelf_put(worker, &block);
}

void shelf_work(struct actor *worker)
{
	static void (*const kinds[])(struct actor * worker) = {
		lab_mixed_work, shelf_produce, shelf_produce, shelf_consume, shelf_resize};
	kinds[lab_below(worker, sizeof kinds / sizeof kinds[0])](worker);
}

void shelf_sequence(struct actor *worker)
{
	static void (*const some[])(struct actor * worker) = {
		shelf_produce, shelf_produce, shelf_resize, shelf_produce, shelf_consume};
	for (unsigned i = 0; i < sizeof some / sizeof some[0]; i++)
		some[i](worker);
	lab_sequence_short(worker);
}
