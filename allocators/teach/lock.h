/*
 * The allocator's lock. One of these files defines how a thread waits for it: lock_futex.c,
 * lock_spin.c, lock_timed.c, or lock_none.c, which does not lock at all.
 */
#pragma once

#include "allocator.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct teach_lock {
	_Atomic uint32_t word; /* TEACH_FREE, or a value that lock_*.c defines */
	_Atomic int32_t owner; /* tid of the thread that holds it; 0: free, or not stored yet */
};

enum { TEACH_FREE = 0 };

/* In the chosen lock_*.c. Any thread, parent or child; both preserve errno. */
void teach_word_take(_Atomic uint32_t *word);
void teach_word_give(_Atomic uint32_t *word);

static inline void teach_lock_take(struct teach_lock *lock)
{
	/* Not a cached tid: in a child of _Fork or clone it would still be the parent's. */
	int32_t me = (int32_t)syscall(SYS_gettid);
	teach_word_take(&lock->word);
	lock->owner = me;
	if (lab_lock_acquired)
		lab_lock_acquired(lock);
}

static inline void teach_lock_give(struct teach_lock *lock)
{
	if (lab_lock_released)
		lab_lock_released(lock);
	lock->owner = 0;
	teach_word_give(&lock->word);
}

/*
 * Frees the lock, regardless of its owner. Only for a child with one thread: the parent's owner and
 * waiters do not exist there, so the order of the stores does not matter.
 */
static inline void teach_lock_reset(struct teach_lock *lock)
{
	if (lab_lock_released)
		lab_lock_released(lock);
	atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
	atomic_store_explicit(&lock->word, TEACH_FREE, memory_order_relaxed);
}
