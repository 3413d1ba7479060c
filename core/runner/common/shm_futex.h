#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Futex words in shm, on which both forklab and the runner wait. */

/* Sleeps while the word has that value. Parent, any thread. */
void shm_futex_wait(_Atomic uint32_t *word, uint32_t value);

/* Stores the value and wakes all waiters, in this process and in forklab. */
void shm_futex_store(_Atomic uint32_t *word, uint32_t value);
