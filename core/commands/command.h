/*
 * A command: one file <name>_command.c with the descriptor command_<name>, and one row in
 * command_table.c.
 * --help, the scope of options, the check of formats and the defaults follow from the descriptor.
 */
#pragma once

#include "catalogue.h"
#include "option_error.h"
#include "option_table.h"
#include "options.h"

enum { COMMAND_OPTIONS_MAX = 32, COMMAND_NOTES_MAX = 8, COMMAND_EXAMPLES = 2 };

/* What an option means to one command, where option_table says it differently. */
struct option_note {
	int key; /* 0: none */
	const char *text;
};

/* What applies where no option gives the number. A budget of 0 is none. */
struct command_defaults {
	uint32_t trials;
	double budget_s;
	uint32_t rounds;
};

struct command {
	const char *name;
	const char *summary; /* for forklab --help: one line of at most 67 columns */
	const char *about;   /* for its own --help: a paragraph, */
	const char *example[COMMAND_EXAMPLES]; /* command lines that work, */
	struct option_note note[COMMAND_NOTES_MAX];

	/*
	 * Keys of the options that it takes, 0 at the end. An option that no command lists is
	 * common to all of them.
	 */
	int option[COMMAND_OPTIONS_MAX];
	unsigned formats; /* a bit for each enum output_format */

	enum run_mode mode[2]; /* the experiments that each cell gets */
	size_t modes;
	bool fork_only; /* without --method: fork(), not fork() and _Fork() */
	struct command_defaults defaults[EFFORT_COUNT];

	/*
	 * Checks the options and fills in further defaults. 0, or -EINVAL with a sentence in
	 * *error. NULL: nothing to do.
	 */
	int (*complete)(struct options *options, const struct option_error *error);

	/* Does it and prints its result. Returns the exit status. */
	int (*run)(const struct catalogue *catalogue, const struct options *options);
};

/* What the commands that are about cells have in common. */
#define CELL_OPTIONS   's', 'm', KEY_DEADLINE, KEY_FAIL_ON, KEY_SEED, KEY_MEMORY
#define EFFORT_OPTIONS KEY_BUDGET, KEY_QUICK, KEY_THOROUGH
#define STORE_OPTIONS  KEY_STORE, KEY_NO_STORE, KEY_FRESH
#define CELL_DEFAULTS                                                                              \
	{                                                                                          \
		[EFFORT_NORMAL] = {.trials = 40, .budget_s = 135},                                  \
		[EFFORT_QUICK] = {.trials = 20, .budget_s = 20},                                   \
		[EFFORT_THOROUGH] = {.trials = 20000},                                             \
	}

/* All commands in the order of --help, NULL at the end. The first is the default. */
extern const struct command *const command_table[];

enum { COMMANDS_MAX = 32 };

/* Stores the names of all commands in names[COMMANDS_MAX] and returns how many there are. */
size_t command_names(const char *names[COMMANDS_MAX]);
