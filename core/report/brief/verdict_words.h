/* One word for the result of an allocator in a scenario, and what it means. Pure. */
#pragma once

#include "document.h"
#include "model.h"

enum verdict_word {
	WORD_OK,
	WORD_SO_FAR, /* nothing bad, but not everything was tried */
	WORD_HANG,
	WORD_SPIN,
	WORD_CRASH,
	WORD_CORRUPT,
	WORD_REFUSED,
	WORD_PARENT,
	WORD_STUCK,       /* for an unknown reason */
	WORD_APPLICATION, /* a hang, but on a lock that is not the allocator's */
	WORD_NONE,        /* skipped: it does not apply */
	WORD_NOT_RUN,
	WORD_BROKEN,
	WORDS
};

/* The word for a result; NULL: WORD_NONE. */
enum verdict_word verdict_word(const struct result *result);

/* "hang"; where `brief` its two first letters, "ha". A literal. */
const char *verdict_word_text(enum verdict_word word, bool brief);

/* "the child hangs forever": for a legend; NULL: it needs none. A literal. */
const char *verdict_word_meaning(enum verdict_word word);

enum block_tone verdict_word_tone(enum verdict_word word);
