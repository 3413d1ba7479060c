/*
 * The command line. Numbers, commands, methods, formats and verdicts are checked here; names of
 * allocators and scenarios are not, since only the catalogue knows them.
 */
#ifndef FORKLAB_CLI_H
#define FORKLAB_CLI_H

#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What cli_parse() found; a negative errno is a mistake of the user's. */
enum cli_result {
	CLI_PROCEED,
	CLI_HELP,    /* --help: print cli_help() and exit with 0 */
	CLI_VERSION, /* --version: print cli_version() and exit with 0 */
};

/*
 * Reads the command line into *options, whose strings then point into argv. Prints nothing and does
 * not exit. An option given twice: the last counts, but lists grow.
 *
 * Returns an enum cli_result, or -EINVAL with what is wrong and what to do about it in error[size]:
 * one sentence, without the program's name before and a newline after it. The exit status is 2.
 */
int cli_parse(int argc, char **argv, struct options *options, char *error, size_t size);

/* Prints the text of --help. */
void cli_help(FILE *stream);

/* Prints the text of --version. */
void cli_version(FILE *stream);

/*
 * Whether to print in colour to where `terminal` says whether it is one: --color, and for "auto"
 * the environment's NO_COLOR (https://no-color.org: set and not empty) and TERM=dumb.
 */
bool cli_color(const struct options *options, bool terminal);

#endif
