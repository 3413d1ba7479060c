/* --help: on one screen, and for each command with its options and two examples that work. */
#include "cli.h"
#include "help.h"
#include "option_scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SCREEN_LINES = 24, COLUMNS = 80, WORDS_MAX = 32 };

/* For free(). */
static char *help_of(const struct command *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	assert_non_null(stream);
	if (command)
		help_print_command(stream, command);
	else
		help_print(stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static size_t check_columns(const char *text)
{
	size_t lines = 0;
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		assert_in_range(strcspn(line, "\n"), 0, COLUMNS);
		lines++;
	}
	return lines;
}

static void forklabs_own_fits_a_screen(void **state)
{
	(void)state;
	char *text = help_of(NULL), name[32];
	assert_in_range(check_columns(text), 1, SCREEN_LINES);
	for (size_t i = 0; command_table[i]; i++) {
		(void)snprintf(name, sizeof(name), "\n  %-8s ", command_table[i]->name);
		assert_non_null(strstr(text, name));
	}
	free(text);
}

/* The option as --help writes it: in a line of its own. */
static bool mentions(const char *text, const struct argp_option *option)
{
	char name[64];
	(void)snprintf(name, sizeof(name), "--%s%s", option->name, option->arg ? "=" : " ");
	return strstr(text, name) != NULL;
}

static void a_command_lists_what_it_takes(void **state)
{
	(void)state;
	for (size_t i = 0; command_table[i]; i++) {
		char *text = help_of(command_table[i]);
		check_columns(text);
		for (const struct argp_option *option = option_table; option->name || option->doc;
			option++)
			if (option->name &&
				mentions(text, option) !=
					option_scope_takes(command_table[i], option->key))
				fail_msg("%s --help, --%s", command_table[i]->name, option->name);
		free(text);
	}
}

static int parse(const char *line, const struct command **command)
{
	static struct options options;
	static char copy[256], error[256];
	char *argv[WORDS_MAX] = {NULL}, *rest = copy;
	int argc = 0;
	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *word; (word = strsep(&rest, " ")) && argc < WORDS_MAX - 1;)
		argv[argc++] = word;
	return cli_parse(argc, argv, command, &options, error, sizeof(error));
}

static void a_command_has_two_examples(void **state)
{
	(void)state;
	for (size_t i = 0; command_table[i]; i++)
		for (size_t e = 0; e < COMMAND_EXAMPLES; e++) {
			const struct command *command = NULL;
			assert_non_null(command_table[i]->example[e]);
			assert_int_equal(
				parse(command_table[i]->example[e], &command), CLI_PROCEED);
			assert_ptr_equal(command, command_table[i]);
		}
}

static void help_is_of_the_command_that_is_named(void **state)
{
	(void)state;
	const struct command *command;
	assert_int_equal(parse("forklab --help", &command), CLI_HELP);
	assert_null(command);
	assert_int_equal(parse("forklab -h cost", &command), CLI_HELP);
	assert_null(command);
	for (size_t i = 0; command_table[i]; i++) {
		char line[64];
		(void)snprintf(line, sizeof(line), "forklab %s -q --help", command_table[i]->name);
		assert_int_equal(parse(line, &command), CLI_HELP);
		assert_ptr_equal(command, command_table[i]);
	}
}

/* A note for an option that the command does not take would never be seen. */
static void notes_are_about_options_of_the_command(void **state)
{
	(void)state;
	for (size_t i = 0; command_table[i]; i++)
		for (size_t n = 0; n < COMMAND_NOTES_MAX && command_table[i]->note[n].key; n++)
			assert_true(option_scope_takes(
				command_table[i], command_table[i]->note[n].key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forklabs_own_fits_a_screen),
		cmocka_unit_test(a_command_lists_what_it_takes),
		cmocka_unit_test(a_command_has_two_examples),
		cmocka_unit_test(help_is_of_the_command_that_is_named),
		cmocka_unit_test(notes_are_about_options_of_the_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
