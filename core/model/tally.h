/* From verdicts on trials to a cell: counts, the worst one, rates and bounds. Pure. */
#pragma once

#include "model.h"

enum { TALLY_SAMPLES_MAX = 4096 }; /* times that are kept; later ones only count */

/* What a cell needs while it is counted; start with all zero. */
struct tally {
	struct cell *cell;
	double latency_ms[TALLY_SAMPLES_MAX];
	size_t latencies;
	double trial_ms[TALLY_SAMPLES_MAX];
	size_t trials;
};

/* Keeps how long a trial took that was ok. */
void tally_time(struct tally *tally, double trial_ms);

/*
 * Counts one trial. `finding` belongs to a bad or broken verdict: the first one of the worst
 * verdict is kept.
 */
void tally_add(struct tally *tally, enum verdict verdict, const struct finding *finding);

/* Counts a failure of forklab as a trial: its cause, and what belongs to that; output or NULL. */
void tally_add_broken(struct tally *tally, uint32_t trial, enum finding_cause cause, int error,
	const char *output);

/*
 * Computes verdict, rates, bounds and quantiles from what was added. A cell whose counts contradict
 * each other, such as more bad points than points, is made broken: that is a defect of forklab.
 */
void tally_finish(struct tally *tally);

/*
 * The bad trials of a cell; of them, those that are not held against the allocator, because they
 * hang on a lock that is not its own, and the others.
 */
uint32_t tally_bad(const struct cell *cell);
uint32_t tally_foreign(const struct cell *cell);
uint32_t tally_held(const struct cell *cell);

/* The worst verdict that is held against the allocator; VERDICT_OK: none. After tally_finish(). */
enum verdict tally_held_verdict(const struct cell *cell);

/* The same without verdicts on the parent that belong to no fork point of a sweep. */
uint32_t tally_bad_points(const struct cell *cell);
uint32_t tally_held_points(const struct cell *cell);
