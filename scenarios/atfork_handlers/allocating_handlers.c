#include "allocating_handlers.h"

/* Sizes for thread caches, beyond them, and with a separate mapping. */
static void allocate(struct task *task)
{
	static const size_t sizes[] = {100, 5000, 40000, 200000};
	enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
	struct block block[COUNT];
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_new(task, &block[i], OP_MALLOC, sizes[i]);
	for (unsigned i = 0; i < COUNT; i++)
		lab_block_free(task, &block[i]);
}

static void in_parent(void)
{
	allocate(lab_self());
}

/* The child's task does not exist yet, and the parent's activity record belongs to the parent. */
static void in_child(void)
{
	static struct activity activity;
	static struct task me;
	me = (struct task){.activity = &activity,
		.heap = lab_self()->heap,
		.random = lab_self()->random,
		.index = 0x81};
	allocate(&me);
}

int allocating_handlers_register(void)
{
	return lab_register_atfork(in_parent, in_parent, in_child);
}
