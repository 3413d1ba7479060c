/*
 * As lockall, and nothing hangs. But a large block belongs to the thread that allocated it: when
 * another thread frees it, it is only marked, for its owner to unmap. An exiting thread gives up
 * the ownership of its blocks. A thread that does not exist in the child never exits there: its
 * blocks stay mapped forever, even when they are freed.
 */
#include "teach.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { OWNERS = UINT16_MAX };

static _Atomic unsigned last;
static pthread_key_t key;
static bool have_key;
static _Thread_local uint16_t owner_id __attribute__((tls_model("initial-exec")));

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

static void thread_ends(void *unused)
{
	(void)unused;
	uint16_t ended = owner_id;
	owner_id = 0;
	teach_abandon(ended);
}

void teach_register_handlers(void)
{
	have_key = pthread_key_create(&key, thread_ends) == 0;
	pthread_atfork(prepare, both_sides, both_sides);
}

/* Threads beyond the last number own nothing. */
void teach_thread_begins(void)
{
	unsigned number = atomic_fetch_add(&last, 1) + 1;
	if (!have_key || number >= OWNERS)
		return;
	owner_id = (uint16_t)number;
	pthread_setspecific(key, &owner_id);
}

uint16_t teach_owner(void)
{
	return owner_id;
}
