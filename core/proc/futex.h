/* Waiting on and waking a word of the shared page. */
#ifndef FORKLAB_FUTEX_H
#define FORKLAB_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Waits while the word has that value, but no longer than `wait_ns`. Any process with the page. */
void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t wait_ns);

/* Stores the value and wakes everybody who waits on the word. */
void futex_store_and_wake(_Atomic uint32_t *word, uint32_t value);

#endif
