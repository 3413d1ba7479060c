/* Which options and formats belong to which commands. Pure. */
#ifndef FORKLAB_OPTION_SCOPE_H
#define FORKLAB_OPTION_SCOPE_H

#include "cli.h"
#include "option_value.h"

/* Options that were given, a bit each; start with all zero. */
struct belong {
	unsigned given;
};

/* Keeps in mind that the option of that key was given. */
void belong_note(struct belong *belong, int key);

/*
 * Once the command is known: 0, or -EINVAL with a sentence on an option or format that is not for
 * it.
 */
int belong_check(const struct belong *belong, const struct complaint *complaint,
	const struct options *options);

/* The value of --format: 0 and its name in *format, or -EINVAL. */
int belong_format(const struct complaint *complaint, const char *text, const char **format);

#endif
