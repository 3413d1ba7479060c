/*
 * Correct when it was written, for an allocator with one lock. The second lock, for the chunks, was
 * added later, and the handlers were not updated.
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
