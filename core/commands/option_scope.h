/* Which options and formats a command takes: what its descriptor says. Pure. */
#pragma once

#include "command.h"

/* The options that were given, a bit for each row of option_table; start with zero. */
struct given_options {
	uint64_t bits;
};

/* Whether the command takes that option. One that no command lists is taken by all. */
bool option_scope_takes(const struct command *command, int key);

void option_scope_note(struct given_options *given, int key);

/* 0, or -EINVAL with a sentence about an option or the format that the command does not take. */
int option_scope_check(const struct given_options *given, const struct command *command,
	const struct options *options, const struct option_error *error);
