/*
 * The answer for each allocator, worst first: may a forked child use it? For the default text of
 * forklab run. Pure.
 */
#pragma once

#include "model.h"

#include <stddef.h>

/* In the order in which answers are listed. */
enum answer_kind {
	ANSWER_BAD,       /* after fork() something bad happens, in most scenarios */
	ANSWER_PARTLY,    /* in a few of them */
	ANSWER_UNDECIDED, /* nothing was judged */
	ANSWER_HANDLERS,  /* clean after fork(), not after _Fork(): its handlers see to that */
	ANSWER_CLEAN,     /* under each method */
	ANSWER_KINDS
};

struct subject_answer {
	const char *subject; /* see model_subject(); of the report */
	enum answer_kind kind;
	bool secondary;         /* a tool, a variant: after the others of its kind */
	const struct cell *bad; /* BAD, PARTLY and HANDLERS: the worst cell, else NULL */
	/* After a fork by the main method: with a result, and those of them with something bad. */
	unsigned scenarios, bad_scenarios;
	bool elsewhere;   /* something bad after a fork by another method */
	bool by_handlers; /* ... which the handlers that it has prevent by the main method */
	bool foreign;     /* some hang on a lock of the application or libc */
	/* Where nothing bad was found, every fork point was tried: main method, all. */
	bool main_complete, complete;
};

struct answers {
	enum fork_method method; /* what BAD and CLEAN are about: fork(), or the first method */
	size_t count;
	struct subject_answer *answer;
};

/* From the results of the report. 0 or -ENOMEM. Release with answers_free(). */
int answers_collect(struct answers *answers, const struct report *report);
void answers_free(struct answers *answers);

/*
 * The answer in plain words, without the allocator's name and the main method: at most `size` bytes
 * with the NUL. The answer is one of answers_collect().
 */
void answer_text(char *out, size_t size, const struct subject_answer *answer);
