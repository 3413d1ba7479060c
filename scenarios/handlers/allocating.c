#include "allocating.h"

#include <pthread.h>

/* A small block, one beyond the usual thread caches, and one that is mapped by itself. */
static void allocate(struct actor *actor)
{
	static const size_t sizes[] = {100, 5000, 40000, 200000};
	enum { COUNT = sizeof sizes / sizeof sizes[0] };
	struct block block[COUNT];
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_new(actor, &block[i], OP_MALLOC, sizes[i]);
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_drop(actor, &block[i]);
}

static void in_parent(void)
{
	allocate(lab_self());
}

/* The trial's own actor begins its work later, and the parent's diary is the parent's. */
static void in_child(void)
{
	static struct diary diary;
	static struct actor me;
	me = (struct actor){.diary = &diary,
		.heap = lab_self()->heap,
		.random = lab_self()->random,
		.index = 0x81};
	allocate(&me);
}

int allocating_register(void)
{
	return pthread_atfork(in_parent, in_parent, in_child);
}
