/*
 * Half of reinit: the child re-initialises its locks, but they were not taken before the fork. It
 * never hangs, but finds lists that another thread was changing.
 */
#include "teach.h"

#include <pthread.h>

static void child(void)
{
	teach_lock_reset(&teach_chunks);
	teach_lock_reset(&teach_bins);
}

void teach_register_handlers(void)
{
	pthread_atfork(NULL, NULL, child);
}
