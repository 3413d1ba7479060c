/*
 * The words that were taken before a fork, and what becomes of them. Knows nothing of processes: it
 * is told what was seen. Pure.
 */
#ifndef FORKLAB_LOCK_WORDS_H
#define FORKLAB_LOCK_WORDS_H

#include "audit.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOCK_WORD_MAX = 16 }; /* bytes of a word that are compared */

/* How a word was written. */
enum store_kind { STORE_PLAIN, STORE_ATOMIC, STORE_UNLOCK, STORE_INIT };

struct lock_word_store {
	uint64_t address;
	uint32_t size; /* at most LOCK_WORD_MAX counts */
	uint64_t pc;   /* of the instruction, or of the mutex function */
	int32_t taker; /* registration whose handler runs, -1: none does */
	enum store_kind kind;
	bool mutex;
	bool changed;
	unsigned char before[LOCK_WORD_MAX];
};

/* One word that may be a lock; at the end those that are become struct audit_lock_word. */
struct lock_word {
	uint64_t address;
	uint32_t size;
	int32_t taker;
	bool mutex;
	bool reset; /* only made anew in the child */
	bool held;  /* changed when the process is copied */
	unsigned char free[LOCK_WORD_MAX],
		last[LOCK_WORD_MAX]; /* before anything, and at the copy */
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

/* A lock that is known by name: what is stored into it in a child counts even if nothing changes.
 */
struct published_lock {
	uint64_t address;
	uint32_t size;
};

/* A store outside of the stack was seen on that side of the fork. */
void lock_words_store(struct lock_words *words, enum atfork_phase phase,
	const struct lock_word_store *store, const struct published_lock *known,
	uint32_t known_count);

/*
 * Reads the words' bytes in one of the two processes: `size` of them to `bytes`; false when they
 * cannot be read.
 */
typedef bool lock_words_reader(void *context, uint64_t address, void *bytes, uint32_t size);

/*
 * The prepare handlers are done (ATFORK_PREPARE), or that side's: compares every word with what it
 * was.
 */
void lock_words_compare(
	struct lock_words *words, enum atfork_phase phase, lock_words_reader *read, void *context);

/*
 * Marks those of audit->word[] that are in `words` as well: what malloc() was seen to change. If
 * fork() itself takes one of them, it knows that malloc: audit->of_libc.
 */
void lock_words_mark_malloc(const struct lock_words *words, struct audit *audit);

/*
 * What turned out to be a lock, in audit->word[], without names; words of a known lock are one.
 */
void lock_words_conclude(const struct lock_words *words, struct audit *audit,
	const struct published_lock *known, uint32_t known_count);

#endif
