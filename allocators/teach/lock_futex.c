/*
 * The usual mutex: one atomic operation without contention, otherwise it sleeps until woken. The
 * sleeper relies on the owner to wake it; in a forked child that owner does not exist.
 *
 * The third mutex of Ulrich Drepper, "Futexes Are Tricky", 2011.
 */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>

enum { HELD = 1, HELD_CONTENDED };

void teach_word_take(_Atomic uint32_t *word)
{
	uint32_t expected = TEACH_FREE;
	if (atomic_compare_exchange_strong(word, &expected, HELD))
		return;
	int saved = errno;
	while (atomic_exchange(word, HELD_CONTENDED) != TEACH_FREE)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, HELD_CONTENDED, NULL, NULL, 0);
	errno = saved;
}

void teach_word_give(_Atomic uint32_t *word)
{
	if (atomic_exchange(word, TEACH_FREE) == HELD_CONTENDED)
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
