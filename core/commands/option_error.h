/* What argp refused, in words: with its own messages off it says nothing but "no". */
#ifndef FORKLAB_OPTION_ERROR_H
#define FORKLAB_OPTION_ERROR_H

#include "option_value.h"

#include <argp.h>

/*
 * Says what is wrong with `word`, an element of argv that argp would not take as one or more of
 * `options`: unknown (with the nearest one), ambiguous, without its value, or with one too many.
 * Always returns -EINVAL.
 */
int option_error_rejected(
	const struct option_error *error, const struct argp_option *options, const char *word);

#endif
