/*
 * As lockall, but the child re-initialises its locks instead of unlocking them: also correct for
 * locks that record their owner, since the child's tid is not the one that took them.
 */
#include "teach.h"

#include <pthread.h>

static void prepare(void)
{
	teach_lock_take(&teach_bins);
	teach_lock_take(&teach_chunks);
}

static void parent(void)
{
	teach_lock_give(&teach_chunks);
	teach_lock_give(&teach_bins);
}

static void child(void)
{
	teach_lock_reset(&teach_chunks);
	teach_lock_reset(&teach_bins);
}

void teach_register_handlers(void)
{
	pthread_atfork(prepare, parent, child);
}
