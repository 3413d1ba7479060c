/*
 * The application registers its atfork handlers at run time, as usual: after the allocator's.
 * Prepare handlers run in reverse order of registration, the others in order: so these run while
 * the allocator's locks are free, before the allocator takes them and after it has released them.
 * An allocator that registers late (at its first large block, at its second thread) reverses that.
 */
#include "atfork_handlers/allocating_handlers.h"

static int setup(void)
{
	return -allocating_handlers_register();
}

static const struct sequence sequence = {.run = lab_sequence_brief};

const struct scenario scenario_handlers_last = {
	.name = "handlers-last",
	.summary = "atfork handlers that allocate, registered after the allocator's",
	.forker = FORKER_MAIN,
	.registers_handlers = true,
	.optional = true,
	.setup = setup,
	.work = lab_mixed_work,
	.child = lab_child_steps,
	.sequence = &sequence,
};
