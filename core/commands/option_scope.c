#include "option_scope.h"

#include "option_table.h"
#include "strbuf.h"

#include <stdio.h>

enum { GIVEN_MAX = 64 };

static bool is_end(const struct argp_option *option)
{
	return !option->name && !option->doc;
}

void option_scope_note(struct given_options *given, int key)
{
	for (unsigned i = 0; !is_end(&option_table[i]) && i < GIVEN_MAX; i++)
		if (option_table[i].key == key)
			given->bits |= UINT64_C(1) << i;
}

static bool takes(const struct command *command, int key)
{
	for (size_t i = 0; i < COMMAND_OPTIONS_MAX && command->option[i]; i++)
		if (command->option[i] == key)
			return true;
	return false;
}

bool option_scope_takes(const struct command *command, int key)
{
	bool listed = takes(command, key);
	for (size_t i = 0; command_table[i] && !listed; i++)
		if (takes(command_table[i], key))
			return false;
	return true;
}

/* "text, json and csv" */
static void join_with_and(const char *const *names, size_t count, char *text, size_t size)
{
	struct strbuf list = strbuf_init(text, size);
	for (size_t i = 0; i < count; i++)
		strbuf_add_item(&list, 0, i + 1 == count ? " and " : ", ", "%s", names[i]);
}

/* "the commands run and sweep"; "the other commands" if that is most of them. "": all. */
static void describe_takers(int key, char *text, size_t size)
{
	const char *names[COMMANDS_MAX];
	char joined[256];
	size_t count = 0, total = 0;
	for (; command_table[total]; total++)
		if (takes(command_table[total], key))
			names[count++] = command_table[total]->name;
	join_with_and(names, count, joined, sizeof(joined));
	text[0] = '\0';
	if (count > total / 2)
		snprintf(text, size, "the other commands");
	else if (count > 0)
		snprintf(text, size, "the command%s %s", count == 1 ? "" : "s", joined);
}

static int check_format(
	const struct command *command, enum output_format format, const struct option_error *error)
{
	const char *names[OUTPUT_FORMAT_COUNT];
	char known[128];
	size_t count = 0;
	if (command->formats & (1U << format))
		return 0;
	for (unsigned i = 0; i < OUTPUT_FORMAT_COUNT; i++)
		if (command->formats & (1U << i))
			names[count++] = output_format_names[i];
	join_with_and(names, count, known, sizeof(known));
	return option_error_set(error, "%s has no format '%s'; it has %s", command->name,
		output_format_names[format], known);
}

int option_scope_check(const struct given_options *given, const struct command *command,
	const struct options *options, const struct option_error *error)
{
	char takers[288];
	for (unsigned i = 0; !is_end(&option_table[i]) && i < GIVEN_MAX; i++) {
		const struct argp_option *option = &option_table[i];
		if (!(given->bits & (UINT64_C(1) << i)) || takes(command, option->key))
			continue;
		describe_takers(option->key, takers, sizeof(takers));
		if (takers[0])
			return option_error_set(error, "--%s belongs to %s; %s does not take it",
				option->name, takers, command->name);
	}
	return check_format(command, options->format, error);
}
