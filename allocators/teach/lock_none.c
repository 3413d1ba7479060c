/*
 * No lock. Threads race, the heap breaks, and forklab must notice: the control for `corruption`.
 */
#include "lock.h"

void teach_word_take(_Atomic uint32_t *word)
{
	(void)word;
}

void teach_word_give(_Atomic uint32_t *word)
{
	(void)word;
}
