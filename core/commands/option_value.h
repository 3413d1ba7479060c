/*
 * Strict parsers for the values of options. Each returns 0, or -EINVAL with a sentence in *error.
 * `option` is the name to report, as "--trials".
 */
#pragma once

#include "option_error.h"
#include "options.h"

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

/* One such size, 16M to 1T. */
int value_size(
	const struct option_error *error, const char *option, const char *text, uint64_t *bytes);

/* Seconds with an optional fraction, `least` to `most`; a `least` of 0 is itself excluded. */
int value_seconds(const struct option_error *error, const char *option, const char *text,
	double least, double most, double *seconds);

/* Any 64-bit number, in decimal or in hexadecimal after "0x". */
int value_seed(
	const struct option_error *error, const char *option, const char *text, uint64_t *seed);

/* Adds the names of a comma-separated list to *names. */
int value_names(const struct option_error *error, const char *option, const char *text,
	struct name_list *names);

/*
 * Adds the scenarios of a comma-separated list: names, and files (.c, .so), whose names are those
 * of the files without the suffix. A text that ends in such a suffix and names an existing file is
 * one file, commas or not.
 */
int value_scenarios(const struct option_error *error, const char *text, struct options *options);

/* A new name: one that --alloc and a file name can hold, and not "all". */
int value_new_name(const struct option_error *error, const char *option, const char *text);

/*
 * The index of `text` among `count` known words, in *index. `kind` names what the words are:
 * "command", "format".
 */
int value_word(const struct option_error *error, const char *kind, const char *text,
	const char *const *known, size_t count, size_t *index);
