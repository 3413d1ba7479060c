/* Audits of atfork handlers, in the formats of the command audit. */
#ifndef FORKLAB_AUDIT_PRINT_H
#define FORKLAB_AUDIT_PRINT_H

#include "audit.h"
#include "printer.h"

struct audit_list {
	struct host host;
	size_t audits;
	const struct audit *audit;
	bool partial; /* interrupted */
	double seconds;
};

/* Writes all of it. 0, -ENOMEM, or -EIO when the stream had an error. */
typedef int audits_printer(
	FILE *out, const struct audit_list *list, const struct print_options *options);
audits_printer audits_print_text, audits_print_json, audits_print_markdown;

/* ---- audits_rows.c: the table that the formats for people have in common ---- */

enum audits_column {
	AUDITS_ALLOCATOR,
	AUDITS_SIDE,
	AUDITS_ORDER,
	AUDITS_HANDLER,
	AUDITS_INSTRUCTIONS,
	AUDITS_MUTEXES,
	AUDITS_SYSCALLS,
	AUDITS_STORES,
	AUDITS_LOCKS,
	AUDITS_TIME,
	AUDITS_COLUMNS
};

enum { AUDITS_TEXT_MAX = MODEL_TEXT_MAX };

extern const char *const audits_headings[AUDITS_COLUMNS];

struct audits_row {
	char text[AUDITS_COLUMNS][AUDITS_TEXT_MAX];
};

/*
 * The rows of one audit: one for each handler of the allocator's; of a libc that does it itself,
 * one for each side of fork(); one, if there is neither. Calls row() for each until it fails with
 * something else than 0, and returns that.
 */
int audits_rows(const struct audit *audit, int (*row)(void *context, const struct audits_row *row),
	void *context);

/*
 * "tcmalloc: libc's old pthread_atfork, called by ...; before the application's own handlers": of
 * one registration. "" for the application's.
 */
void audits_registration(char text[AUDITS_TEXT_MAX], const struct audit *audit, uint32_t which);

/* How to read the table. */
const char *audits_legend(void);

#endif
