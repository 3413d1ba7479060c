/* Audits of atfork handlers, in the formats of the command audit. */
#ifndef FORKLAB_AUDIT_PRINT_H
#define FORKLAB_AUDIT_PRINT_H

#include "audit.h"
#include "printer.h"

struct audit_report {
	struct host host;
	size_t audits;
	const struct audit *audit;
	bool partial; /* interrupted */
	double seconds;
};

/* Writes all of it. 0, -ENOMEM, or -EIO when the stream had an error. */
typedef int audit_printer(
	FILE *out, const struct audit_report *list, const struct print_options *options);
audit_printer audit_print_text, audit_print_json, audit_print_markdown;

/* ---- audit_rows.c: the table that the formats for people have in common ---- */

enum audit_column {
	AUDIT_COLUMN_ALLOCATOR,
	AUDIT_COLUMN_SIDE,
	AUDIT_COLUMN_ORDER,
	AUDIT_COLUMN_HANDLER,
	AUDIT_COLUMN_INSTRUCTIONS,
	AUDIT_COLUMN_MUTEXES,
	AUDIT_COLUMN_SYSCALLS,
	AUDIT_COLUMN_STORES,
	AUDIT_COLUMN_LOCKS,
	AUDIT_COLUMN_TIME,
	AUDIT_COLUMNS
};

enum { AUDIT_TEXT_MAX = MODEL_TEXT_MAX };

extern const char *const audit_headings[AUDIT_COLUMNS];

struct audit_row {
	char text[AUDIT_COLUMNS][AUDIT_TEXT_MAX];
};

/*
 * The rows of one audit: one for each handler of the allocator's; of a libc that does it itself,
 * one for each side of fork(); one, if there is neither. Calls row() for each until it fails with
 * something else than 0, and returns that.
 */
int audit_rows(const struct audit *audit, int (*row)(void *context, const struct audit_row *row),
	void *context);

/*
 * "tcmalloc: libc's old pthread_atfork, called by ...; before the application's own handlers": of
 * one registration. "" for the application's.
 */
void audit_registration_text(char text[AUDIT_TEXT_MAX], const struct audit *audit, uint32_t which);

/* How to read the table. */
const char *audit_legend(void);

#endif
