/* How commands print: errors, the result, and the exit status. */
#pragma once

#include "options.h"
#include "output.h"
#include "run_print.h"

enum { ERROR_MAX = 1024 };

/* How to print the result: width, colour and characters of where it goes. */
struct print_options command_print_options(const struct options *options);

/*
 * Whether to print in colour; `terminal`: to a terminal. --color decides; "auto" respects NO_COLOR
 * (https://no-color.org: set and not empty) and TERM, see below.
 */
bool command_color(const struct options *options, bool terminal);

/* Whether the terminal, by TERM, may be unable to interpret escape sequences. */
bool command_terminal_is_dumb(void);

/*
 * Prints the sentence on standard error, on one line: what could disturb a terminal is escaped.
 * Returns `status`.
 */
int command_error(int status, const char *error);

/*
 * Ends the output: commits what was printed, or abandons it if printing `failed`. Returns
 * STATUS_OK, or STATUS_BROKEN after an error message.
 */
int command_commit(struct output *output, int failed);

/* The exit status of a command that an interrupt ended early, or else `status`. */
int command_status(bool interrupted, int status);
