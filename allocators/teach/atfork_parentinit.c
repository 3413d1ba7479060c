/*
 * The same function re-initialises the locks on both sides. That is correct in the child, which has
 * one thread. In the parent other threads may sleep on a lock that prepare took: re-initialising it
 * does not wake them, and loses the information that they wait.
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
