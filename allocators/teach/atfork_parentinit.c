/*
 * One function for both sides, and it re-initialises the locks. That is right in the child, which
 * has one thread. In the parent others may sleep on a lock that prepare had taken: re-initialising
 * it wakes none of them, and forgets that they are there.
 */
#include "teach.h"

#include <pthread.h>

static void prepare(void)
{
	teach_lock_take(&teach_bins);
	teach_lock_take(&teach_chunks);
}

static void both_sides(void)
{
	teach_lock_reset(&teach_chunks);
	teach_lock_reset(&teach_bins);
}

void teach_register_handlers(void)
{
	pthread_atfork(prepare, both_sides, both_sides);
}
