/* Futexes in the shared page. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Waits while the word has that value, at most `wait_ns`. May return early. */
void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t wait_ns);

/* Stores the value and wakes all waiters. */
void futex_store_and_wake(_Atomic uint32_t *word, uint32_t value);
