/* The options for argp, with their help texts. */
#pragma once

#include <argp.h>

/* Keys of options without a letter. */
enum {
	KEY_TRIAL = 256,
	KEY_TRIALS,
	KEY_WORKERS,
	KEY_BUDGET,
	KEY_DEADLINE,
	KEY_QUICK,
	KEY_THOROUGH,
	KEY_SEED,
	KEY_NO_AIM,
	KEY_FORMAT,
	KEY_FAIL_ON,
	KEY_COLOR,
	KEY_RUNNERS,
	KEY_POINT,
	KEY_POINTS,
	KEY_EVERY_INSTRUCTION,
	KEY_WINDOWS,
	KEY_MITIGATION,
	KEY_ALL_VARIANTS,
	KEY_PRELOAD,
	KEY_NAME,
	KEY_THREADS,
	KEY_HEAP,
	KEY_PAGES,
	KEY_ROUNDS,
	KEY_PORT,
	KEY_SERVER,
	KEY_WEIGHT,
	KEY_FROM,
	KEY_PLOT,
	KEY_MEMORY,
	KEY_TOOLS,
	KEY_DETAILS,
	KEY_STORE,
	KEY_NO_STORE,
	KEY_FRESH,
};

/* An empty one is at the end. */
extern const struct argp_option option_table[];
