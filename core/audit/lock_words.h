/*
 * The words that were taken before a fork, and what becomes of them. Knows nothing of processes: it
 * is told what was seen. Pure.
 */
#ifndef FORKLAB_LOCK_WORDS_H
#define FORKLAB_LOCK_WORDS_H

#include "audit.h"

#include <stdbool.h>
#include <stdint.h>

enum { WORD_MAX = 16 }; /* bytes of a word that are compared */

/* How a word was written. */
enum word_how { HOW_PLAIN, HOW_ATOMIC, HOW_UNLOCK, HOW_INIT };

struct word_store {
	uint64_t address;
	uint32_t size; /* at most WORD_MAX counts */
	uint64_t pc;   /* of the instruction, or of the mutex function */
	int32_t taker; /* registration whose handler runs, -1: none does */
	enum word_how how;
	bool mutex;
	bool changed;
	unsigned char before[WORD_MAX];
};

/* One word that may be a lock; at the end those that are become struct audit_word. */
struct word {
	uint64_t address;
	uint32_t size;
	int32_t taker;
	bool mutex;
	bool reset;                                   /* only made anew in the child */
	bool held;                                    /* changed when the process is copied */
	unsigned char free[WORD_MAX], last[WORD_MAX]; /* before anything, and at the copy */
	struct {
		bool stored, back;
		uint64_t pc;
		enum word_how how;
	} side[AUDIT_SIDES];
};

struct words {
	uint32_t count;
	bool lost;
	struct word word[AUDIT_WORDS_MAX];
};

/* A lock that is known by name: what is stored into it in a child counts even if nothing changes.
 */
struct word_known {
	uint64_t address;
	uint32_t size;
};

/* A store outside of the stack was seen on that side of the fork. */
void words_store(struct words *words, enum audit_side side, const struct word_store *store,
	const struct word_known *known, uint32_t knowns);

/*
 * Reads the words' bytes in one of the two processes: `size` of them to `bytes`; false when they
 * cannot be read.
 */
typedef bool words_reader(void *context, uint64_t address, void *bytes, uint32_t size);

/*
 * The prepare handlers are done (AUDIT_PREPARE), or that side's: compares every word with what it
 * was.
 */
void words_compare(struct words *words, enum audit_side side, words_reader *read, void *context);

/*
 * Marks those of audit->word[] that are in `words` as well: what malloc() was seen to change. If
 * fork() itself takes one of them, it knows that malloc: audit->of_libc.
 */
void words_mark_malloc(const struct words *words, struct audit *audit);

/*
 * What turned out to be a lock, in audit->word[], without names; words of a known lock are one.
 */
void words_conclude(const struct words *words, struct audit *audit, const struct word_known *known,
	uint32_t knowns);

#endif
