/* Never sleeps. In a forked child it spins forever, and makes no system call. */
#include "lock.h"

enum { HELD = 1 };

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void teach_word_take(_Atomic uint32_t *word)
{
	/* Waiters only read, so that they share the cache line. */
	while (atomic_exchange(word, HELD) != TEACH_FREE)
		while (atomic_load_explicit(word, memory_order_relaxed) != TEACH_FREE)
			relax();
}

void teach_word_give(_Atomic uint32_t *word)
{
	atomic_store(word, TEACH_FREE);
}
