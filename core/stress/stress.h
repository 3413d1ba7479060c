/* One cell: a runner is started for it, again if it dies, and its trials are watched and judged. */
#ifndef FORKLAB_STRESS_H
#define FORKLAB_STRESS_H

#include "model.h"
#include "runner_process.h"
#include "shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sweep_hooks;

struct cell_plan {
	const char *allocator, *scenario;
	enum fork_method method;
	enum mitigation mitigation;
	const char *runner;     /* path of the program */
	const char *const *env; /* see struct runner_limits; NULL: nothing */
	size_t data_bytes;      /* likewise; 0: the default */
	const char
		*checker; /* the tool whose reports its processes write (reports.h); NULL: none */
	const char *unswept;              /* why a sweep is not possible; NULL: it is */
	const struct plan_object *object; /* that malloc must lie in; NULL: the runner knows */
	enum run_mode mode;
	uint64_t seed;
	uint32_t first_trial, trials; /* number of the first, and one past the last */
	uint32_t workers;
	bool aim;
	double deadline_s;
	double seconds;            /* the cell's share of the budget; 0: none */
	enum verdict stop_at;      /* stop as soon as this verdict was seen `stop_hits` times; */
	uint32_t stop_hits;        /* 0: never */
	const char *repro_options; /* options that the command of a finding needs beside the cell's
				      own */
	const char *
		preload_options; /* what makes the allocator known there (" --preload ..."); NULL */

	/* MODE_BASELINE only, for the bench: the heap of a swept process, and the child's work
	 * there */
	bool sweep_baseline;

	/*
	 * For `forklab trace`: events are recorded behind the page, and before a runner and its
	 * page are given up, before_end() is called; NULL: nobody wants to know.
	 */
	bool trace;
	void (*before_end)(void *context, const struct runner_process *runner);
	void *before_end_context;

	/* MODE_SWEEP only */
	bool every_instruction;
	bool long_sweep; /* done after all others: it may take what time they leave */
	bool no_forks;   /* for the bench: fork points are counted, nothing is tried at them */
	uint32_t point;  /* the only fork point that is wanted, from 1; 0: all */
	FILE *points;    /* where to write one line on each fork point; NULL: nowhere */

	/* Told of what happens at the wanted points, see sweep/hooks.h; NULL: nobody is. */
	const struct sweep_hooks *hooks;
};

/* Fills in the names of a cell. `mode` is kept. */
void cell_fill_names(struct cell *cell, const struct cell_plan *plan, enum cell_mode mode);

/* Fills in the command that runs the stress cell again. */
void stress_command(const struct cell_plan *plan, struct finding *finding);

/*
 * Called every now and then while a cell runs, to show its progress. `cell` has the counts so far.
 */
typedef void cell_progress(const struct cell *cell, void *context);

/*
 * Runs the cell. Everything that goes wrong is in the result, as `broken` trials or as
 * VERDICT_BROKEN with the reason in cell->why. An interrupt (interrupt.h) ends it early: cell->cut.
 */
void stress_run(
	const struct cell_plan *plan, struct cell *cell, cell_progress *progress, void *context);

#endif
