/*
 * Retries every two milliseconds, as gperftools' spin lock does. In a forked child it retries
 * forever: there is no untimed wait that would prove the hang.
 */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <time.h>

enum { HELD = 1, HELD_CONTENDED };

static bool try(_Atomic uint32_t *word, uint32_t from, uint32_t to)
{
	/* Reads before it writes: a failed attempt changes nothing. */
	return atomic_load(word) == from && atomic_compare_exchange_strong(word, &from, to);
}

void teach_word_take(_Atomic uint32_t *word)
{
	static const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
	if (try(word, TEACH_FREE, HELD))
		return;
	int saved = errno;
	while (!try(word, TEACH_FREE, HELD_CONTENDED)) {
		try(word, HELD, HELD_CONTENDED);
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, HELD_CONTENDED, &pause, NULL, 0);
	}
	errno = saved;
}

void teach_word_give(_Atomic uint32_t *word)
{
	if (atomic_exchange(word, TEACH_FREE) == HELD_CONTENDED)
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
