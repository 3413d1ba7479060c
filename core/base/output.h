/*
 * The output file, which is replaced as a whole or not at all. Until output_commit() the old file
 * is unchanged, and it stays so if forklab is killed before that, even by SIGKILL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The caller uses `stream`; the rest belongs to output.c. All zero: nothing open. */
struct output {
	FILE *stream;
	const char *name; /* as the user named it; or "standard output" */
	char *target;     /* the file to replace, symbolic links resolved; NULL: written in place */
	char *temp;       /* name of the new file before it replaces target */
	bool named;       /* the new file has that name already */
};

/*
 * Opens the output. Call it before the run: an unwritable file is reported now, not after minutes.
 * `path` must outlive the output. NULL and "-" mean standard output. A path that is not a regular
 * file (/dev/null, a pipe), or that is the same file as standard output, is written in place.
 * Otherwise a new unnamed file is made in the same directory (named .forklab-PID-N if the file
 * system has no O_TMPFILE), with the permissions of the old one.
 *
 * Returns 0, or -errno with a sentence for the user in error[size] and nothing left open.
 */
int output_open(struct output *output, const char *path, char *error, size_t size);

/*
 * Writes everything to disk, replaces the old file and closes the output.
 *
 * Returns 0, or -errno (a full disk, say) with a sentence for the user in error[size]; the old file
 * is then unchanged, unless it is written in place.
 */
int output_commit(struct output *output, char *error, size_t size);

/*
 * Closes the output and discards what was written, unless it was written in place. Harmless when
 * nothing is open.
 */
void output_abandon(struct output *output);
