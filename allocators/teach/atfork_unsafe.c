/*
 * Takes the locks for the first of several concurrent forks and releases them after the last:
 * correct in the parent, where all of them complete. The child of one of them inherits a count that
 * includes the others, which do not exist there, and never releases the locks.
 */
#include "teach.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic unsigned forks;

static void prepare(void)
{
	if (atomic_fetch_add(&forks, 1) > 0)
		return;
	teach_lock_take(&teach_bins);
	teach_lock_take(&teach_chunks);
}

static void both_sides(void)
{
	if (atomic_fetch_sub(&forks, 1) > 1)
		return;
	teach_lock_give(&teach_chunks);
	teach_lock_give(&teach_bins);
}

void teach_register_handlers(void)
{
	pthread_atfork(prepare, both_sides, both_sides);
}
