/* Which options and formats belong to which commands. Pure. */
#ifndef FORKLAB_OPTION_SCOPE_H
#define FORKLAB_OPTION_SCOPE_H

#include "cli.h"
#include "option_value.h"

/* Options that were given, a bit each; start with all zero. */
struct given_options {
	unsigned bits;
};

/* Keeps in mind that the option of that key was given. */
void option_scope_note(struct given_options *given, int key);

/*
 * Once the command is known: 0, or -EINVAL with a sentence on an option or format that is not for
 * it.
 */
int option_scope_check(const struct given_options *given, const struct option_error *error,
	const struct options *options);

/* The value of --format: 0 and its name in *format, or -EINVAL. */
int option_scope_format(const struct option_error *error, const char *text, const char **format);

#endif
