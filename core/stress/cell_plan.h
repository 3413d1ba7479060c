/* What is to be measured of one cell, by stress_run() or sweep_run(). */
#pragma once

#include "model.h"
#include "runner_session.h"
#include "shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sweep_hooks;

/* Why the file of a scenario cannot be used: its constructors crash, exit or hang. */
struct scenario_failure {
	enum finding_cause cause;  /* CAUSE_NONE: it can */
	int signal;                /* that killed the process, 0: none */
	int exit_status;           /* of a process that ended itself */
	char output[SHM_TEXT_MAX]; /* what it printed */
};

struct cell_plan {
	const char *allocator, *scenario;
	enum fork_method method;
	enum mitigation mitigation;
	const char *runner;               /* path of the program */
	const char *const *env;           /* see struct runner_limits; NULL: nothing added */
	uint64_t memory_bytes;            /* see struct runner_limits; 0: the default */
	const struct plan_object *object; /* that malloc must lie in; NULL: the runner's own */
	bool secondary;                   /* see struct cell */
	const char *checker; /* tool whose reports are collected (checker_reports.h); NULL: none */
	const char *unswept; /* why it cannot be swept; NULL: it can */
	const char *scenario_file;     /* the shared object that has the scenario; NULL: built in */
	const char *scenario_argument; /* quoted, for a command; NULL: the name */
	const struct scenario_failure *scenario_failure; /* then nothing is run; NULL: none */
	enum run_mode mode;
	uint64_t seed;
	uint32_t first_trial, trials; /* number of the first, and one past the last */
	uint32_t workers;
	bool aim;
	double deadline_s;
	double seconds;              /* the cell's share of the budget; 0: no limit */
	enum verdict stop_at;        /* stop when this verdict was seen `stop_hits` times; */
	uint32_t stop_hits;          /* 0: never */
	const char *repro_options;   /* added to the command of a finding; NULL: none */
	const char *preload_options; /* likewise, to make the allocator known; NULL: none */

	/* MODE_BASELINE only, for the benchmark: the heap and the child's work of a sweep. */
	bool sweep_baseline;

	/*
	 * For `forklab trace`: events are recorded behind the shared page, and before_end() is
	 * called before a runner and its page are released; NULL: not called.
	 */
	bool trace;
	void (*before_end)(void *context, const struct runner_process *runner);
	void *before_end_context;

	/* MODE_SWEEP only */
	bool every_instruction;
	bool long_sweep; /* runs after all others, in the time that they leave */
	bool no_forks;   /* for the benchmark: fork points are counted, none is tried */
	uint32_t point;  /* the only fork point wanted, from 1; 0: all */
	FILE *points;    /* gets one line for each fork point; NULL: none */

	/* Called at the wanted points, see sweep_hooks.h; NULL: none. */
	const struct sweep_hooks *hooks;
};

/*
 * Fills in the names of a cell, `mode`, and how its allocator aligns blocks. Call it, and
 * cell_session_init(), while no session is open: see usual_alignment.h.
 */
void cell_fill_names(struct cell *cell, const struct cell_plan *plan, enum cell_mode mode);

/*
 * Makes the cell broken if its scenario cannot be loaded; false: it can, and nothing was done. The
 * cell has its names.
 */
bool cell_scenario_failed(struct cell *cell, const struct cell_plan *plan);

/* The scenario as a word of a command: its name, or the quoted path of its file. */
const char *cell_scenario_argument(const struct cell_plan *plan);

/* Prepares a session for the cell's runner. The caller sets what is particular to the mode. */
void cell_session_init(
	struct runner_session *session, const struct cell_plan *plan, enum run_mode mode);

/* Copies version and link of the allocator out of the shared page, as soon as they are there. */
void cell_read_identity(struct cell *cell, const struct runner_session *session);

/* True when it is time to end the cell early: its budget is used up, or an interrupt came. */
bool cell_budget_exhausted(const struct cell_plan *plan, uint64_t begin_ns);

/*
 * Called every now and then while a cell runs, to show its progress. `cell` has the counts so far.
 */
typedef void cell_progress(const struct cell *cell, void *context);
