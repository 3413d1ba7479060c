/*
 * The words that were locked before a fork, and what becomes of them. Knows nothing of processes:
 * stores are reported to it. Pure.
 */
#pragma once

#include "audit.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOCK_WORD_MAX = 16 }; /* bytes of a word that are compared */

/* How a word was written. */
enum store_kind { STORE_PLAIN, STORE_ATOMIC, STORE_UNLOCK, STORE_INIT };

struct lock_word_store {
	uint64_t address;
	uint32_t size; /* at most LOCK_WORD_MAX are compared */
	uint64_t pc;   /* of the instruction, or of the mutex function */
	int32_t taker; /* registration whose handler runs; -1: none */
	enum store_kind kind;
	bool mutex;
	bool changed;
	unsigned char before[LOCK_WORD_MAX];
};

/* A word that may be a lock; those that are become struct audit_lock_word. */
struct lock_word {
	uint64_t address;
	uint32_t size;
	int32_t taker;
	bool mutex;
	bool reset; /* only re-initialised in the child */
	bool held;  /* changed at the time of the clone */
	unsigned char free[LOCK_WORD_MAX],
		last[LOCK_WORD_MAX]; /* before any store, and at the clone */
	struct {
		bool stored, back;
		uint64_t pc;
		enum store_kind kind;
	} phase[ATFORK_PHASES];
};

struct lock_words {
	uint32_t count;
	bool lost;
	struct lock_word word[AUDIT_LOCK_WORDS_MAX];
};

/* A lock with a known name: a store to it in the child counts even if it changes nothing. */
struct published_lock {
	uint64_t address;
	uint32_t size;
};

/* A store outside the stack was observed on that side of the fork. */
void lock_words_store(struct lock_words *words, enum atfork_phase phase,
	const struct lock_word_store *store, const struct published_lock *known,
	uint32_t known_count);

/* Reads `size` bytes of one of the two processes; false when they cannot be read. */
typedef bool lock_words_reader(void *context, uint64_t address, void *bytes, uint32_t size);

/*
 * After the prepare handlers (ATFORK_PREPARE), or at the end of that side: compares every word with
 * its earlier value.
 */
void lock_words_compare(
	struct lock_words *words, enum atfork_phase phase, lock_words_reader *read, void *context);

/*
 * Marks the words of audit->word[] that are also in `words`, the words that malloc() was seen to
 * change. If fork() itself takes one of them, it covers that malloc: audit->of_libc. Words that
 * malloc() took and released, and that no handler and no fork() touches, are counted in
 * audit->own_locks: lock_words_compare(words, ATFORK_PREPARE) at the end of malloc() tells them
 * from counters.
 */
void lock_words_mark_malloc(const struct lock_words *words, struct audit *audit);

/*
 * Stores what turned out to be a lock in audit->word[], without names. The words of a known lock
 * are merged.
 */
void lock_words_conclude(const struct lock_words *words, struct audit *audit,
	const struct published_lock *known, uint32_t known_count);
