#include "shared_blocks.h"

#include <pthread.h>

enum { SLOTS = 64 };

/* An empty slot has live == 0. */
static struct {
	pthread_mutex_t lock;
	struct block block[SLOTS];
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Moves a block's record; `to` belongs to the caller or is guarded by the lock. */
static void move_block(struct block *to, struct block *from)
{
	to->tag = from->tag;
	to->at = from->at;
	to->size = from->size;
	from->live = 0;
	to->live = 1;
}

void shared_blocks_put(struct task *worker, struct block *mine)
{
	pthread_mutex_lock(&shared.lock);
	struct block *slot = &shared.block[lab_random_below(worker, SLOTS)];
	struct block other = {0};
	if (slot->live)
		move_block(&other, slot);
	move_block(slot, mine);
	pthread_mutex_unlock(&shared.lock);
	if (other.live)
		lab_block_free(worker, &other);
}

bool shared_blocks_take(struct task *worker, struct block *mine)
{
	pthread_mutex_lock(&shared.lock);
	struct block *slot = &shared.block[lab_random_below(worker, SLOTS)];
	bool found = slot->live;
	if (found)
		move_block(mine, slot);
	pthread_mutex_unlock(&shared.lock);
	return found;
}

void shared_blocks_clear(struct task *me)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (shared.block[i].live)
			lab_block_free(me, &shared.block[i]);
}

void shared_blocks_produce(struct task *worker)
{
	struct block block = {0};
	lab_block_new(worker, &block, OP_MALLOC, lab_mixed_size(worker));
	shared_blocks_put(worker, &block);
}

void shared_blocks_consume(struct task *worker)
{
	struct block block = {0};
	if (shared_blocks_take(worker, &block))
		lab_block_free(worker, &block);
}

void shared_blocks_resize(struct task *worker)
{
	struct block block = {0};
	if (!shared_blocks_take(worker, &block))
		return;
	lab_block_resize(worker, &block, lab_mixed_size(worker));
	shared_blocks_put(worker, &block);
}

void shared_blocks_work(struct task *worker)
{
	static void (*const kinds[])(struct task * worker) = {lab_mixed_work, shared_blocks_produce,
		shared_blocks_produce, shared_blocks_consume, shared_blocks_resize};
	kinds[lab_random_below(worker, sizeof(kinds) / sizeof(kinds[0]))](worker);
}

void shared_blocks_sequence(struct task *worker)
{
	static void (*const calls[])(struct task * worker) = {shared_blocks_produce,
		shared_blocks_produce, shared_blocks_resize, shared_blocks_produce,
		shared_blocks_consume};
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		calls[i](worker);
	lab_sequence_short(worker);
}
