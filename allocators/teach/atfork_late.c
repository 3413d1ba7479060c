/*
 * The handlers of lockall, registered when a second thread first allocates, because they are not
 * needed before. Prepare handlers run in reverse order of registration, so these run before those
 * that the application registered in main(), which then run with the allocator locked, and hang if
 * they allocate.
 */
#include "teach.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic unsigned threads;

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
}

void teach_thread_begins(void)
{
	if (atomic_fetch_add(&threads, 1) == 1)
		pthread_atfork(prepare, both_sides, both_sides);
}
