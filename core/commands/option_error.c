#include "option_error.h"

#include "suggest.h"

#include <string.h>

enum { OPTIONS_MAX = 64 };

#define TRY "; try 'forklab --help'"

static bool is_end(const struct argp_option *option)
{
	return !option->name && !option->key && !option->doc && !option->group;
}

static bool is_real(const struct argp_option *option)
{
	return option->name && !(option->flags & OPTION_DOC);
}

static int blame_letters(
	const struct complaint *complaint, const struct argp_option *options, const char *letters)
{
	for (const char *letter = letters; *letter; letter++) {
		const struct argp_option *option = options;

		while (!is_end(option) && !(is_real(option) && option->key == *letter))
			option++;
		if (is_end(option))
			return complain(complaint, "unknown option '-%c'" TRY, *letter);
		if (option->arg)
			return complain(complaint, "option '-%c' needs a value, as in -%c %s",
				*letter, *letter, option->arg);
	}
	return complain(complaint, "cannot understand '-%s'" TRY, letters);
}

static int blame_unknown(
	const struct complaint *complaint, const struct argp_option *options, const char *name)
{
	const char *known[OPTIONS_MAX], *nearest;
	size_t count = 0;

	for (; !is_end(options) && count < OPTIONS_MAX; options++)
		if (is_real(options) && !(options->flags & OPTION_HIDDEN))
			known[count++] = options->name;
	nearest = suggest(name, known, count);
	if (nearest)
		return complain(
			complaint, "unknown option '--%s'; did you mean '--%s'?", name, nearest);
	return complain(complaint, "unknown option '--%s'" TRY, name);
}

static int blame_ambiguous(
	const struct complaint *complaint, const struct argp_option *options, const char *name)
{
	char list[256] = "";
	size_t used = 0;

	for (; !is_end(options) && used < sizeof(list); options++)
		if (is_real(options) && strncmp(options->name, name, strlen(name)) == 0)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s--%s",
				used ? " or " : "", options->name);
	return complain(complaint, "'--%s' could be %s", name, list);
}

/* A long option may be shortened as far as it stays the only one that begins so. */
static int blame_name(
	const struct complaint *complaint, const struct argp_option *options, const char *word)
{
	char name[64];
	const struct argp_option *found = NULL;
	int candidates = 0;

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	for (const struct argp_option *option = options; !is_end(option); option++) {
		if (!is_real(option) || strncmp(option->name, name, strlen(name)) != 0)
			continue;
		found = option;
		candidates++;
		if (strcmp(option->name, name) == 0) {
			candidates = 1;
			break;
		}
	}
	if (candidates == 0)
		return blame_unknown(complaint, options, name);
	if (candidates > 1)
		return blame_ambiguous(complaint, options, name);
	if (found->arg)
		return complain(complaint, "option '--%s' needs a value, as in --%s=%s",
			found->name, found->name, found->arg);
	return complain(complaint, "option '--%s' takes no value", found->name);
}

int blame_option(
	const struct complaint *complaint, const struct argp_option *options, const char *word)
{
	if (strncmp(word, "--", 2) == 0)
		return blame_name(complaint, options, word + 2);
	if (word[0] == '-')
		return blame_letters(complaint, options, word + 1);
	return complain(complaint, "cannot understand '%s'" TRY, word);
}
