/*
 * The values of options: strict parsers, and the sentence that says what is wrong. Each returns 0,
 * or -EINVAL with the sentence in the complaint. `option` is what the user typed, "--trials".
 */
#ifndef FORKLAB_OPTION_VALUE_H
#define FORKLAB_OPTION_VALUE_H

#include "cli.h"

/* Where a sentence for the user goes. */
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

/* A whole number in decimal, `least` to `most`. */
int value_number(const struct option_error *error, const char *option, const char *text,
	uint32_t least, uint32_t most, uint32_t *number);

/*
 * Adds the numbers of a comma-separated list, 0 to `most`, to numbers[OPTIONS_GRID_MAX], each once;
 * *count of them are there already.
 */
int value_numbers(const struct option_error *error, const char *option, const char *text,
	uint32_t most, uint32_t *numbers, size_t *count);

/* The same for sizes in bytes, 1M to 1T: a whole number and K, M, G or T, as 64M. */
int value_sizes(const struct option_error *error, const char *option, const char *text,
	uint64_t *sizes, size_t *count);

/* Seconds with an optional fraction, `least` to `most`; a `least` of 0 is itself excluded. */
int value_seconds(const struct option_error *error, const char *option, const char *text,
	double least, double most, double *seconds);

/* Any 64-bit number, in decimal or in hexadecimal after "0x". */
int value_seed(
	const struct option_error *error, const char *option, const char *text, uint64_t *seed);

/* Adds the names of a comma-separated list to *names. */
int value_names(const struct option_error *error, const char *option, const char *text,
	struct name_list *names);

/* A name that the user gives: what --alloc and a file name can hold, and not "all". */
int value_new_name(const struct option_error *error, const char *option, const char *text);

/*
 * The index of `text` among `count` known words, in *index. `kind` names what the words are:
 * "command", "format".
 */
int value_word(const struct option_error *error, const char *kind, const char *text,
	const char *const *known, size_t count, size_t *index);

#endif
