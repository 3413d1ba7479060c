/*
 * Where the result goes: a file that is written whole or not at all. Until output_commit() the old
 * file stays as it is, and whatever ends forklab before that, kill -9 included, leaves it so.
 */
#ifndef FORKLAB_OUTPUT_H
#define FORKLAB_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The caller uses `stream`; the rest belongs to output.c. All zero: nothing open. */
struct output {
	FILE *stream;
	const char *name; /* what the user called it; "standard output" */
	char *target;     /* the file to replace, symbolic links resolved; NULL: written in place */
	char *temp;       /* the name that the new file has, or gets, before it replaces target */
	bool named;       /* the new file has that name by now */
};

/*
 * Opens the way for the result, before the run that it is the result of: an unwritable file is
 * known now. `path` must outlive the output. NULL and "-" mean standard output. A path that is not
 * a regular file (/dev/null, a pipe), or that is the file which standard output goes to, is written
 * in place. For any other one a new file without a name is made in the same directory (with a name,
 * .forklab-PID-N, where the file system cannot do without); it gets the permissions of the old one.
 *
 * Returns 0, or -errno with a sentence for the user in error[size], and nothing left open.
 */
int output_open(struct output *output, const char *path, char *error, size_t size);

/*
 * Writes everything to the disk and puts it in the old file's place; closes the output.
 *
 * Returns 0, or -errno (a full disk, say) with a sentence for the user in error[size]; then the old
 * file is still what it was, unless it is one that is written in place.
 */
int output_commit(struct output *output, char *error, size_t size);

/*
 * Closes the output and throws away what was written to it, as far as that was not in place.
 * Harmless when nothing is open.
 */
void output_abandon(struct output *output);

#endif
