/*
 * Takes every lock before the fork, in the usual order, and releases them on both sides. The memory
 * is copied while no other thread is changing it, and the forking thread is the owner in both
 * processes.
 *
 * Two limits. _Fork() and a raw clone run no handlers. And if fork() is called from a signal
 * handler that interrupted malloc, prepare waits for a lock that its own thread holds: the parent
 * hangs.
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
	teach_lock_give(&teach_chunks);
	teach_lock_give(&teach_bins);
}

void teach_register_handlers(void)
{
	pthread_atfork(prepare, both_sides, both_sides);
}
