/* What is wrong with the command line, as a sentence for the user. */
#pragma once

#include <argp.h>
#include <stddef.h>

/* Where the sentence goes. */
struct option_error {
	char *text;
	size_t size;
};

/* Writes the sentence; always returns -EINVAL. */
int option_error_set(const struct option_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * "unknown KIND 'WORD'; did you mean 'NEAREST'? Known: A, B, C", of `count` known words. Always
 * returns -EINVAL.
 */
int option_error_unknown(const struct option_error *error, const char *kind, const char *word,
	const char *const *known, size_t count);

/*
 * Says why argp rejects `word`, an element of argv: an option of `options` that is unknown (with
 * the nearest one), ambiguous, without its value, or with a value that it does not take. argp
 * itself only says that it failed, since its messages are off. Always returns -EINVAL.
 */
int option_error_rejected(
	const struct option_error *error, const struct argp_option *options, const char *word);
