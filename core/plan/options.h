/* What the user asked for: filled in by the command line, read by what plans and runs. */
#pragma once

#include "output_format.h"
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
	OPTIONS_SCENARIO_FILES_MAX = 16,
	OPTIONS_TRIALS_MAX = 10000000,
	OPTIONS_POINTS_MAX = 100000000,
	OPTIONS_GRID_MAX = 16,   /* values of one dimension of a grid */
	OPTIONS_ROUNDS_MAX = 32, /* of a grid */
};

/* How much to do where no number says so: the default, --quick, --thorough. */
enum effort { EFFORT_NORMAL, EFFORT_QUICK, EFFORT_THOROUGH, EFFORT_COUNT };

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER, COLOR_COUNT };

/* Names in the order in which they were given, each once. */
struct name_list {
	bool all; /* the word "all" was among them */
	size_t count;
	char name[OPTIONS_NAMES_MAX][SHM_NAME_MAX];
};

/* A shared object to test as an allocator. */
struct preload_option {
	const char *path; /* a path, or without any '/' a soname that the loader knows */
	const char *name; /* NULL: after the file */
};

/* A scenario in a file of the user's: C source (.c) or a shared object (.so). */
struct scenario_file_option {
	char path[SHM_PATH_MAX]; /* as given */
	char name[SHM_NAME_MAX]; /* the file's, without its suffix; also in options.scenario */
	bool is_source;
};

/* Of the commands cost and choose: the grid. */
struct cost_options {
	size_t threads; /* 0: the usual ones */
	uint32_t thread[OPTIONS_GRID_MAX];
	size_t heaps;                    /* 0: the usual ones */
	uint64_t heap[OPTIONS_GRID_MAX]; /* bytes */
	unsigned pages;                  /* bit 0: usual pages, bit 1: huge ones; 0: the default */
	uint32_t rounds;                 /* 1 to OPTIONS_ROUNDS_MAX */
	uint32_t port;                   /* of a server; 0: the kernel chooses */
};

enum server_kind { SERVER_PREFORK, SERVER_SNAPSHOT, SERVER_POOL, SERVER_COUNT };
enum weight_kind { WEIGHT_EQUAL, WEIGHT_LATENCY, WEIGHT_MEMORY, WEIGHT_THROUGHPUT, WEIGHT_COUNT };

/* Of the command choose. */
struct choose_options {
	bool has_server;
	enum server_kind server;
	enum weight_kind weight;
	const char *from; /* a file with costs; NULL: they are measured */
};

struct options {
	const char *command;   /* its name */
	enum run_mode mode[2]; /* the experiments that each cell gets */
	size_t modes;
	bool variants_in_basic;    /* without -a and -s, variants get the scenario basic only */
	struct name_list alloc;    /* empty and not all: the real allocators */
	struct name_list scenario; /* empty means all */
	size_t scenario_files;
	struct scenario_file_option scenario_file[OPTIONS_SCENARIO_FILES_MAX];
	size_t preloads;
	struct preload_option preload[OPTIONS_PRELOADS_MAX]; /* in the order given */
	size_t methods;
	enum fork_method method[METHOD_COUNT]; /* in the order given, each once */
	size_t mitigations;
	enum mitigation mitigation[MITIGATION_COUNT]; /* likewise */

	uint32_t trials;       /* per cell; 1 to OPTIONS_TRIALS_MAX */
	bool one_trial;        /* run only the trial of this number: */
	uint32_t trial;        /* 0 to OPTIONS_TRIALS_MAX - 1 */
	uint32_t workers;      /* 0 to SHM_WORKERS_MAX */
	double budget_s;       /* of the whole run; 0: none */
	double deadline_s;     /* last resort for a stuck child */
	uint64_t memory_bytes; /* that a process under test may have resident; 0: the default */
	uint64_t seed;
	bool aim; /* fork while a worker is inside the allocator */

	/* Of sweeps: */
	bool one_point;         /* try only the fork point of this number: */
	uint32_t point;         /* 1 to OPTIONS_POINTS_MAX */
	bool every_instruction; /* fork after each instruction, also if it changes no memory */
	bool windows;           /* list all windows */
	const char *points;     /* a file that gets a line for each fork point; NULL: none */

	const char *store; /* file of the store of results; NULL: the usual one */
	bool no_store;     /* results are neither taken from a store nor kept */
	bool fresh;        /* everything is measured, and kept */

	bool all_variants; /* other versions and ways of linking have rows, too */
	bool tools;        /* and so have sanitizers, valgrind and debugging allocators */
	bool details;      /* the text tells all counts and findings */
	enum effort effort;
	struct cost_options cost;
	struct choose_options choose;

	enum output_format format; /* one that the command has */
	const char *output;        /* NULL: standard output */
	const char *plot_dir;      /* a directory for drawings; NULL: none */
	bool fail_on[VERDICT_COUNT];
	bool fail_on_any; /* also for what is not held against the allocator */
	bool quiet;
	enum color_when color;
	const char *runner_dir; /* the directory of the runners; NULL: the installed one */
};
