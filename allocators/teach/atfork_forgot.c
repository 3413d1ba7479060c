/*
 * Right when it was written: then the allocator had one lock. The second came later, for the
 * chunks, and nobody told the handlers.
 */
#include "teach.h"

#include <pthread.h>

static void prepare(void)
{
	teach_lock_take(&teach_bins);
}

static void both_sides(void)
{
	teach_lock_give(&teach_bins);
}

void teach_register_handlers(void)
{
	pthread_atfork(prepare, both_sides, both_sides);
}
