/*
 * Long runs of stores by a few instructions in a loop: clearing, copying, filling. Only some of
 * their fork points are tried, always including the last one. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	STORE_RUN_PCS = 16,    /* instructions that may alternate in a run */
	STORE_RUN_WHOLE = 400, /* points of a run that are all tried */
	STORE_RUN_NTH = 64,    /* then every 64th */
};

/* All zero at the beginning. */
struct store_run {
	uint64_t
		recent[STORE_RUN_PCS]; /* addresses of the instructions that made the last points */
	unsigned next;
	uint32_t length;
	bool deferred; /* the last point was left out */
};

/* The instruction at `pc` has made a fork point: true when it must be tried. */
bool store_run_sample(struct store_run *store_run, uint64_t pc);

/*
 * The instruction at `pc` is about to store: true when it ends a run whose last point was left out.
 * That point must be tried now, before the instruction is executed.
 */
bool store_run_ends(struct store_run *store_run, uint64_t pc);
