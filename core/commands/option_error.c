#include "option_error.h"

#include "strbuf.h"
#include "suggest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

#define TRY "; try 'forklab --help'"

int option_error_set(const struct option_error *error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct strbuf line = strbuf_init(error->text, error->size);
	strbuf_addv(&line, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

int option_error_unknown(const struct option_error *error, const char *kind, const char *word,
	const char *const *known, size_t count)
{
	const char *nearest = suggest(word, known, count);
	char hint[128] = "", list[1024];
	struct strbuf names = strbuf_init(list, sizeof(list));
	if (nearest)
		(void)snprintf(hint, sizeof(hint), " did you mean '%s'?", nearest);
	for (size_t i = 0; i < count; i++)
		strbuf_add_name(&names, known[i]);
	strbuf_end_names(&names);
	return option_error_set(error, "unknown %s '%s';%s %s: %s", kind, word, hint,
		nearest ? "Known" : "known", list);
}

static bool is_end(const struct argp_option *option)
{
	return !option->name && !option->key && !option->doc && !option->group;
}

static bool is_real(const struct argp_option *option)
{
	return option->name && !(option->flags & OPTION_DOC);
}

static int rejected_short(
	const struct option_error *error, const struct argp_option *options, const char *letters)
{
	for (const char *letter = letters; *letter; letter++) {
		const struct argp_option *option = options;
		while (!is_end(option) && !(is_real(option) && option->key == *letter))
			option++;
		if (is_end(option))
			return option_error_set(error, "unknown option '-%c'" TRY, *letter);
		if (option->arg)
			return option_error_set(error, "option '-%c' needs a value, as in -%c %s",
				*letter, *letter, option->arg);
	}
	return option_error_set(error, "cannot understand '-%s'" TRY, letters);
}

static int rejected_unknown(
	const struct option_error *error, const struct argp_option *options, const char *name)
{
	const char *known[OPTIONS_MAX], *nearest;
	size_t count = 0;
	for (; !is_end(options) && count < OPTIONS_MAX; options++)
		if (is_real(options) && !(options->flags & OPTION_HIDDEN))
			known[count++] = options->name;
	nearest = suggest(name, known, count);
	if (nearest)
		return option_error_set(
			error, "unknown option '--%s'; did you mean '--%s'?", name, nearest);
	return option_error_set(error, "unknown option '--%s'" TRY, name);
}

static int rejected_ambiguous(
	const struct option_error *error, const struct argp_option *options, const char *name)
{
	char list[256];
	struct strbuf names = strbuf_init(list, sizeof(list));
	for (; !is_end(options); options++)
		if (is_real(options) && strncmp(options->name, name, strlen(name)) == 0)
			strbuf_add_item(&names, 0, " or ", "--%s", options->name);
	return option_error_set(error, "'--%s' could be %s", name, list);
}

/* A long option may be abbreviated as long as it is unambiguous. */
static int rejected_long(
	const struct option_error *error, const struct argp_option *options, const char *word)
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
		return rejected_unknown(error, options, name);
	if (candidates > 1)
		return rejected_ambiguous(error, options, name);
	if (found->arg)
		return option_error_set(error, "option '--%s' needs a value, as in --%s=%s",
			found->name, found->name, found->arg);
	return option_error_set(error, "option '--%s' takes no value", found->name);
}

int option_error_rejected(
	const struct option_error *error, const struct argp_option *options, const char *word)
{
	if (strncmp(word, "--", 2) == 0)
		return rejected_long(error, options, word + 2);
	if (word[0] == '-')
		return rejected_short(error, options, word + 1);
	return option_error_set(error, "cannot understand '%s'" TRY, word);
}
