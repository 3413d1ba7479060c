#include "help.h"

#include "option_scope.h"
#include "option_table.h"

#include <stdlib.h>

enum { ROWS_MAX = 96, NAME_MAX_COLUMNS = 64 };

static const char head[] =
	"Usage: forklab [COMMAND] [OPTION...]\n"
	"Can a forked child of a multithreaded process still use its memory allocator?\n"
	"\n"
	"Commands, each with its own --help:\n";

static const char tail[] =
	"\n"
	"Options of most commands:\n"
	"  -a, --alloc=LIST     allocators, as in glibc,jemalloc; \"all\" is every one\n"
	"      --preload=PATH   an allocator of your own: a shared object\n"
	"  -s, --scenario=LIST  workloads, or a file of your own: mine.c\n"
	"  -m, --method=LIST    fork (handlers run), _Fork, clone\n"
	"  -o, --output=FILE    with --format text, json, csv, markdown, junit\n"
	"  -V, --version\n"
	"\n"
	"Exit status: 0 everything was judged, whatever the verdicts; 1 a verdict of\n"
	"--fail-on; 2 an error in the command line; 3 something was broken\n";

void help_print(FILE *stream)
{
	(void)fputs(head, stream);
	for (size_t i = 0; command_table[i]; i++)
		(void)fprintf(
			stream, "  %-8s %s\n", command_table[i]->name, command_table[i]->summary);
	(void)fputs(tail, stream);
}

/* ---- A command's own ---- */

/* What the command says of an option instead of what option_table says. */
static const char *doc_of(const struct command *command, const struct argp_option *option)
{
	for (size_t i = 0; i < COMMAND_NOTES_MAX && command->note[i].key; i++)
		if (command->note[i].key == option->key)
			return command->note[i].text;
	return option->doc;
}

static bool is_heading(const struct argp_option *option)
{
	return !option->name && option->doc;
}

/* The rows of option_table that the command takes; a heading only if a row follows it. */
static void select_options(const struct command *command, struct argp_option row[ROWS_MAX])
{
	const struct argp_option *heading = NULL;
	size_t count = 0;
	for (const struct argp_option *option = option_table;
		(option->name || option->doc) && count + 2 < ROWS_MAX; option++) {
		if (is_heading(option)) {
			heading = option;
			continue;
		}
		if (!option_scope_takes(command, option->key))
			continue;
		if (heading)
			row[count++] = *heading;
		heading = NULL;
		row[count] = *option;
		row[count++].doc = doc_of(command, option);
	}
	row[count] = (struct argp_option){0};
}

static void add_formats(FILE *out, const struct command *command)
{
	const char *separator = "Formats: ";
	for (unsigned i = 0; i < OUTPUT_FORMAT_COUNT; i++)
		if (command->formats & (1U << i)) {
			(void)fprintf(out, "%s%s", separator, output_format_names[i]);
			separator = ", ";
		}
	(void)fputs(".\n", out);
}

/* The text before the options, a '\v', and the text after them, for argp; NULL: no memory. */
static char *text_around_options(const struct command *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	(void)fprintf(out, "%s\n\v", command->about);
	(void)fputs("A LIST is separated by commas; its option can be repeated. Defaults are in "
		    "parentheses.\n",
		out);
	add_formats(out, command);
	(void)fputs("\nExamples:", out);
	for (size_t i = 0; i < COMMAND_EXAMPLES; i++)
		(void)fprintf(out, "\n  %s", command->example[i]);
	return fclose(out) == 0 ? text : NULL;
}

void help_print_command(FILE *stream, const struct command *command)
{
	struct argp_option row[ROWS_MAX];
	char name[NAME_MAX_COLUMNS];
	char *text = text_around_options(command);
	struct argp help = {.options = row, .doc = text};
	select_options(command, row);
	(void)snprintf(name, sizeof(name), "forklab %s", command->name);
	/* argp has no other way to leave out its paragraph on mandatory arguments. */
	(void)setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);
	argp_help(&help, stream,
		ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC,
		name);
	free(text);
}
