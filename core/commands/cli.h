/*
 * The command line. Numbers, commands, methods, formats and verdicts are checked here. Names of
 * allocators and scenarios are checked later, against the catalogue.
 */
#pragma once

#include "command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What cli_parse() returns beside a negative errno. */
enum cli_result {
	CLI_PROCEED,
	CLI_HELP,    /* --help: print the help of *command, and exit with 0 */
	CLI_VERSION, /* --version: print cli_version() and exit with 0 */
};

/*
 * Reads the command line into *options, whose strings then point into argv, and stores the command
 * in *command (NULL: not wanted); with CLI_HELP, NULL if none was named. Prints nothing and does
 * not exit. Of an option given twice the last one counts; lists grow.
 *
 * Returns an enum cli_result, or -EINVAL with a sentence in error[size] that says what is wrong and
 * what to do about it, without the program's name and without a newline.
 */
int cli_parse(int argc, char **argv, const struct command **command, struct options *options,
	char *error, size_t size);

/* Prints the text of --version. */
void cli_version(FILE *stream);
