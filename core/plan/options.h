/*
 * What the user asked for, as data: filled in by the command line, read by what plans and runs.
 */
#ifndef FORKLAB_OPTIONS_H
#define FORKLAB_OPTIONS_H

#include "shm.h"
#include "verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef FORKLAB_VERSION
#define FORKLAB_VERSION "0.1.0"
#endif

enum {
	OPTIONS_NAMES_MAX = 64,
	OPTIONS_PRELOADS_MAX = 16,
	OPTIONS_TRIALS_MAX = 10000000,
	OPTIONS_POINTS_MAX = 100000000,
	OPTIONS_GRID_MAX = 16,   /* values of one dimension of a grid */
	OPTIONS_ROUNDS_MAX = 32, /* of a grid */
};

enum command {
	COMMAND_RUN,
	COMMAND_STRESS,
	COMMAND_SWEEP,
	COMMAND_AUDIT,
	COMMAND_TRACE,
	COMMAND_EXPLAIN,
	COMMAND_COST,
	COMMAND_CHOOSE,
	COMMAND_LIST,
	COMMAND_COUNT
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_COUNT };

/* Names in the order in which they were given, each once. */
struct name_list {
	bool all; /* the word "all" was among them */
	size_t count;
	char name[OPTIONS_NAMES_MAX][SHM_NAME_MAX];
};

/* A shared object that is to be an allocator. */
struct preload_option {
	const char *path; /* a path, or without any '/' a soname that the loader knows */
	const char *name; /* NULL: after the file */
};

enum cost_effort { COST_NORMAL, COST_QUICK, COST_THOROUGH };

/* What only `forklab cost` has: the grid, and how much of it. */
struct cost_options {
	enum cost_effort effort;
	size_t threads; /* 0: the usual ones */
	uint32_t thread[OPTIONS_GRID_MAX];
	size_t heaps;                    /* 0: the usual ones */
	uint64_t heap[OPTIONS_GRID_MAX]; /* bytes */
	unsigned pages;                  /* bit 0: usual pages, bit 1: huge ones; 0: as usual */
	uint32_t rounds;                 /* 1 to OPTIONS_ROUNDS_MAX */
	uint32_t port;                   /* of a server; 0: the kernel chooses */
};

enum server_kind { SERVER_PREFORK, SERVER_SNAPSHOT, SERVER_POOL, SERVER_COUNT };
enum weight_kind { WEIGHT_EQUAL, WEIGHT_LATENCY, WEIGHT_MEMORY, WEIGHT_THROUGHPUT, WEIGHT_COUNT };

/* What only `forklab choose` has. */
struct choose_options {
	bool has_server;
	enum server_kind server;
	enum weight_kind weight;
	const char *from; /* a file with costs; NULL: they are measured */
};

struct options {
	enum command command;
	struct name_list alloc;    /* empty and not all: the real allocators */
	struct name_list scenario; /* empty means all */
	size_t preloads;
	struct preload_option preload[OPTIONS_PRELOADS_MAX]; /* in the order given */
	size_t methods;
	enum fork_method method[METHOD_COUNT]; /* in the order given, each once */
	size_t mitigations;
	enum mitigation mitigation[MITIGATION_COUNT]; /* the same */

	uint32_t trials;   /* a cell; 1 to OPTIONS_TRIALS_MAX */
	bool one_trial;    /* only the trial of that number is wanted: */
	uint32_t trial;    /* 0 to OPTIONS_TRIALS_MAX - 1 */
	uint32_t workers;  /* 0 to SHM_WORKERS_MAX */
	double budget_s;   /* for everything; 0: none */
	double deadline_s; /* last resort for a stuck child */
	uint64_t seed;
	bool aim; /* fork while a worker is inside the allocator */

	/* Of sweeps: */
	bool one_point;         /* only the fork point of that number is wanted: */
	uint32_t point;         /* 1 to OPTIONS_POINTS_MAX */
	bool every_instruction; /* fork after each instruction, also if it changes no memory */
	bool windows;           /* list all windows */
	const char *points;     /* a file for one line on each fork point; NULL: none */

	bool all_variants; /* other ways of linking have rows even if they make no difference */
	bool thorough;     /* where nothing is named: all scenarios, and in all rows */
	struct cost_options cost;
	struct choose_options choose;

	const char *format;   /* one that the command has */
	const char *output;   /* NULL: standard output */
	const char *plot_dir; /* a directory for drawings; NULL: none */
	bool fail_on[VERDICT_COUNT];
	bool quiet;
	enum color_when color;
	const char *runner_dir; /* the directory of the runners; NULL: where they were installed */
};

/* "run", "stress", ... */
const char *options_command_name(enum command command);

#endif
