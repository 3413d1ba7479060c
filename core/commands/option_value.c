#include "option_value.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"

static bool consists_of(const char *text, const char *characters)
{
	return *text && text[strspn(text, characters)] == '\0';
}

/* 12345678 as "12,345,678". */
static void with_commas(char *out, size_t size, uint32_t number)
{
	char digits[16];
	size_t used = 0, length = (size_t)snprintf(digits, sizeof(digits), "%u", number);
	for (size_t i = 0; i < length && used + 2 < size; i++) {
		if (i && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
}

int value_number(const struct option_error *error, const char *option, const char *text,
	uint32_t least, uint32_t most, uint32_t *number)
{
	char limit[24];
	unsigned long long value;
	errno = 0;
	value = consists_of(text, "0123456789") ? strtoull(text, NULL, 10) : ULLONG_MAX;
	if (errno == 0 && value >= least && value <= most) {
		*number = (uint32_t)value;
		return 0;
	}
	with_commas(limit, sizeof(limit), most);
	return option_error_set(error, "%s takes a whole number from %u to %s, not '%s'", option,
		least, limit, text);
}

/* ---- Lists ---- */

static int too_many_values(const struct option_error *error, const char *option)
{
	return option_error_set(error, "%s takes at most %d values", option, OPTIONS_GRID_MAX);
}

/* Stores the next word of a comma-separated list in word[size]; returns the rest, or NULL. */
static const char *next_word(const char *text, char *word, size_t size)
{
	size_t length = strcspn(text, ",");
	(void)snprintf(word, size, "%.*s", (int)length, text);
	return text[length] ? text + length + 1 : NULL;
}

int value_numbers(const struct option_error *error, const char *option, const char *text,
	uint32_t most, uint32_t *numbers, size_t *count)
{
	char word[32];
	for (const char *rest = text; rest;) {
		uint32_t number = 0;
		bool known = false;
		rest = next_word(rest, word, sizeof(word));
		if (value_number(error, option, word, 0, most, &number) != 0)
			return -EINVAL;
		for (size_t i = 0; i < *count; i++)
			known |= numbers[i] == number;
		if (!known && *count == OPTIONS_GRID_MAX)
			return too_many_values(error, option);
		if (!known)
			numbers[(*count)++] = number;
	}
	return 0;
}

/* The size in bytes; 0: not a size, or out of range. */
static uint64_t size_of(const char *word)
{
	static const char units[] = "KMGT";
	size_t digits = strspn(word, "0123456789");
	const char *unit = word[digits] ? strchr(units, word[digits]) : NULL;
	uint64_t value = digits > 0 && digits < 10 ? strtoull(word, NULL, 10) : 0;
	if (!unit || word[digits + 1])
		return 0;
	value <<= 10 * (unit - units + 1);
	return value >= UINT64_C(1) << 20 && value <= UINT64_C(1) << 40 ? value : 0;
}

int value_sizes(const struct option_error *error, const char *option, const char *text,
	uint64_t *sizes, size_t *count)
{
	char word[32];
	for (const char *rest = text; rest;) {
		uint64_t size;
		bool known = false;
		rest = next_word(rest, word, sizeof(word));
		size = size_of(word);
		if (size == 0)
			return option_error_set(error,
				"%s takes sizes from 1M to 1T, as 64M or 1G, not '%s'", option,
				word);
		for (size_t i = 0; i < *count; i++)
			known |= sizes[i] == size;
		if (!known && *count == OPTIONS_GRID_MAX)
			return too_many_values(error, option);
		if (!known)
			sizes[(*count)++] = size;
	}
	return 0;
}

int value_size(
	const struct option_error *error, const char *option, const char *text, uint64_t *bytes)
{
	*bytes = size_of(text);
	if (*bytes >= UINT64_C(16) << 20)
		return 0;
	return option_error_set(
		error, "%s takes a size from 16M to 1T, as 512M or 2G, not '%s'", option, text);
}

int value_seconds(const struct option_error *error, const char *option, const char *text,
	double least, double most, double *seconds)
{
	char *end = NULL;
	double value = consists_of(text, "0123456789.") ? strtod(text, &end) : -1;
	if (end && *end == '\0' && value >= least && value > 0 && value <= most) {
		*seconds = value;
		return 0;
	}
	if (least > 0)
		return option_error_set(error, "%s takes seconds from %g to %g, not '%s'", option,
			least, most, text);
	return option_error_set(error, "%s takes seconds, more than 0 and at most %g, not '%s'",
		option, most, text);
}

int value_seed(
	const struct option_error *error, const char *option, const char *text, uint64_t *seed)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	const char *digits = hex ? text + 2 : text;
	errno = 0;
	if (consists_of(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")) {
		*seed = strtoull(digits, NULL, hex ? 16 : 10);
		if (errno == 0)
			return 0;
	}
	return option_error_set(error,
		"%s takes a whole number of at most 64 bits, decimal or 0x..., not '%s'", option,
		text);
}

static bool has_name(const struct name_list *names, const char *name, size_t length)
{
	for (size_t i = 0; i < names->count; i++)
		if (strlen(names->name[i]) == length && strncmp(names->name[i], name, length) == 0)
			return true;
	return false;
}

static int add_name(const struct option_error *error, const char *option, const char *name,
	size_t length, struct name_list *names)
{
	if (length == 3 && strncmp(name, "all", length) == 0) {
		names->all = true;
		return 0;
	}
	if (length >= sizeof(names->name[0]))
		return option_error_set(error,
			"%s: the name '%.*s...' is too long; run "
			"'forklab list' for the known ones",
			option, 20, name);
	if (has_name(names, name, length))
		return 0;
	if (names->count == OPTIONS_NAMES_MAX)
		return option_error_set(
			error, "%s takes at most %d names", option, OPTIONS_NAMES_MAX);
	(void)snprintf(
		names->name[names->count++], sizeof(names->name[0]), "%.*s", (int)length, name);
	return 0;
}

int value_names(const struct option_error *error, const char *option, const char *text,
	struct name_list *names)
{
	for (const char *name = text;; name++) {
		size_t length = strcspn(name, ",");
		int status = length ? add_name(error, option, name, length, names)
				    : option_error_set(error,
					      "%s has an empty name in '%s'; separate the "
					      "names by single commas",
					      option, text);
		if (status != 0)
			return status;
		name += length;
		if (*name == '\0')
			return 0;
	}
}

/* ---- Scenarios ---- */

static bool has_suffix(const char *word, size_t length, const char *suffix)
{
	size_t more = strlen(suffix);
	return length > more && strncmp(word + length - more, suffix, more) == 0;
}

static bool is_scenario_file(const char *word, size_t length)
{
	return has_suffix(word, length, ".c") || has_suffix(word, length, ".so") ||
	       memchr(word, '/', length);
}

/* The file's name without its directories and its suffix. */
static int scenario_name(
	const struct option_error *error, const char *path, char name[SHM_NAME_MAX])
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	const char *dot = strrchr(file, '.');
	size_t length = dot ? (size_t)(dot - file) : 0;
	if (!dot || (strcmp(dot, ".c") != 0 && strcmp(dot, ".so") != 0))
		return option_error_set(error,
			"--scenario %s: the file of a scenario is C source (.c) or a shared object "
			"(.so)",
			path);
	(void)snprintf(name, SHM_NAME_MAX, "%.*s", (int)length, file);
	if (length > 0 && length < SHM_NAME_MAX && *name != '-' && strcmp(name, "all") != 0 &&
		consists_of(name, NAME_CHARACTERS))
		return 0;
	return option_error_set(error,
		"--scenario %s: the scenario is called as the file, which takes at most %d "
		"letters, "
		"digits and . _ + -, not starting with -, and not \"all\"; rename the file",
		path, SHM_NAME_MAX - 1);
}

static int add_scenario_file(
	const struct option_error *error, const char *word, size_t length, struct options *options)
{
	struct scenario_file_option *to = &options->scenario_file[options->scenario_files];
	if (options->scenario_files == OPTIONS_SCENARIO_FILES_MAX)
		return option_error_set(
			error, "--scenario takes at most %d files", OPTIONS_SCENARIO_FILES_MAX);
	if (length >= sizeof(to->path))
		return option_error_set(error,
			"--scenario %.*s...: the path has more than %zu letters; make a symbolic "
			"link to it",
			40, word, sizeof(to->path) - 1);
	(void)snprintf(to->path, sizeof(to->path), "%.*s", (int)length, word);
	int status = scenario_name(error, to->path, to->name);
	for (size_t i = 0; status == 0 && i < options->scenario_files; i++) {
		const struct scenario_file_option *other = &options->scenario_file[i];
		if (strcmp(other->path, to->path) == 0)
			return 0;
		if (strcmp(other->name, to->name) == 0)
			return option_error_set(error,
				"--scenario %s: %s is called '%s', too; rename one of them",
				to->path, other->path, to->name);
	}
	to->is_source = has_suffix(word, length, ".c");
	options->scenario_files += status == 0;
	return status ? status
		      : add_name(error, "--scenario", to->name, strlen(to->name),
				&options->scenario);
}

int value_scenarios(const struct option_error *error, const char *text, struct options *options)
{
	size_t whole = strlen(text);
	if ((has_suffix(text, whole, ".c") || has_suffix(text, whole, ".so")) &&
		access(text, F_OK) == 0)
		return add_scenario_file(error, text, whole, options);
	for (const char *word = text;; word++) {
		size_t length = strcspn(word, ",");
		int status;
		if (length && is_scenario_file(word, length))
			status = add_scenario_file(error, word, length, options);
		else
			status = length ? add_name(error, "--scenario", word, length,
						  &options->scenario)
					: option_error_set(error,
						  "--scenario has an empty name in '%s'; separate "
						  "the names by single commas",
						  text);
		if (status != 0)
			return status;
		word += length;
		if (*word == '\0')
			return 0;
	}
}

int value_new_name(const struct option_error *error, const char *option, const char *text)
{
	if (strcmp(text, "all") == 0)
		return option_error_set(error,
			"%s all: that word means every allocator; choose another name", option);
	if (strlen(text) >= SHM_NAME_MAX || *text == '-' || !consists_of(text, NAME_CHARACTERS))
		return option_error_set(error,
			"%s takes at most %d letters, digits and . _ + -, not starting with -; not "
			"'%s'",
			option, SHM_NAME_MAX - 1, text);
	return 0;
}

int value_word(const struct option_error *error, const char *kind, const char *text,
	const char *const *known, size_t count, size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(known[i], text) == 0) {
			*index = i;
			return 0;
		}
	}
	return option_error_unknown(error, kind, text, known, count);
}
