/* A story as a list of headings, sentences and stacks, in the order in which they are told. */
#ifndef FORKLAB_EXPLAIN_OUTLINE_H
#define FORKLAB_EXPLAIN_OUTLINE_H

#include "explanation.h"

#include <stddef.h>

enum { OUTLINE_ITEMS_MAX = 96, OUTLINE_TEXT_MAX = 1024 };

enum outline_kind {
	OUTLINE_TITLE,
	OUTLINE_HEADING,
	OUTLINE_SENTENCE,
	OUTLINE_NUMBERED, /* one of a list, which begins anew after anything else */
	OUTLINE_STACK,
	OUTLINE_COMMAND
};

struct outline_item {
	enum outline_kind kind;
	const struct stack *stack; /* of OUTLINE_STACK */
	char text[OUTLINE_TEXT_MAX];
};

struct outline {
	size_t items;
	struct outline_item item[OUTLINE_ITEMS_MAX];
};

/* Makes it; it points into the story. */
void outline_make(struct outline *outline, const struct explanation *explanation);

/* One frame in words: "arena_get2+0x11e (libc.so.6)", and where that is in the source, or "". */
void outline_frame(char *name, size_t name_size, char *source, size_t source_size,
	const struct stack_frame *frame);

#endif
