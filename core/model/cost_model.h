/*
 * What `forklab cost` found, for report/. Strings are printable ASCII: whatever came from the
 * process under test has been sanitized on its way in.
 */
#pragma once

#include "cost_distribution.h"
#include "cost_figures.h"
#include "model.h"

enum { COST_ROUNDS_MAX = 32 };

/*
 * One figure of one cell. The rounds' values, each of a process of its own, lie from low to high;
 * that range holds the median of all such processes with a probability of 1 - 2^(1 - rounds).
 */
struct cost_estimate {
	double value; /* NAN: not measured, and then: */
	enum cost_reason why;
	double low, high;
	uint32_t rounds;
	bool noisy; /* the rounds are too far apart to tell */
};

/* One (allocator, method, threads, heap, huge pages). */
struct cost_cell {
	char allocator[MODEL_NAME_MAX], version[MODEL_NAME_MAX];
	enum link_kind link;
	char object[MODEL_TEXT_MAX]; /* the file that malloc lies in, "" if it is the program */
	enum fork_method method;
	uint32_t threads;
	uint64_t heap_bytes;
	bool huge;

	uint32_t rounds; /* that were measured */
	uint32_t failed; /* that were not, and the last reason: */
	char why[MODEL_TEXT_MAX];
	bool skipped; /* it cannot be measured on this machine: `why` says why */
	bool corrupt; /* wrong bytes: in a snapshot, from `wrong_record` on, or in answers */
	uint64_t wrong_record; /* 1 + the first wrong record of the snapshot; 0: none */
	/* Answers of a server, in all rounds: */
	uint64_t wrong; /* complete, with wrong bytes */
	uint64_t cut;   /* that ended early, or for which there was no server */
	uint64_t late;  /* correct, after more than COST_LATE_S: the machine may be loaded */
	uint32_t hung;  /* children that hung, and clients without an answer, in all rounds */
	double seconds;
	struct cost_estimate estimate[COST_FIGURES];
	struct cost_distribution distribution[COST_DISTRIBUTIONS];
};

struct cost_report {
	struct host host;
	uint64_t seed;
	double budget_s; /* 0: none */
	uint32_t rounds; /* asked for */
	size_t cells;
	struct cost_cell *cell; /* by heap, huge pages, threads; then method, allocator */
	size_t order_length;
	const uint32_t *order; /* the cells as they were measured, by their index */
	bool partial;          /* interrupted */
	bool cut;              /* the budget ended it */
	double unevenness;     /* of the machine; NAN: unknown */
	bool noisy;            /* the machine was too busy for the times to mean much */
	double seconds;
	enum cost_server server;
	char fatal[MODEL_TEXT_MAX]; /* a mistake of the user's that ended it, or "" */
	char note[MODEL_TEXT_MAX];  /* what was left out of the grid, and why, or "" */
};
