/*
 * The stress and the sweep cell of one (allocator, cure, scenario, method), and which of them
 * counts. One of the two may be missing: it was not asked for, or an interrupt came before it.
 * Pure.
 */
#ifndef FORKLAB_RESULT_H
#define FORKLAB_RESULT_H

#include "model.h"

struct pair {
	const struct cell *stress, *sweep; /* of the report; NULL: missing, but never both */
};

struct pairs {
	size_t count;
	struct pair *pair; /* in the order of their first cells */
};

/* How the two results of a pair stand to each other. */
enum pair_relation {
	PAIR_SINGLE,        /* one is missing */
	PAIR_AGREE,         /* the same verdict */
	PAIR_STRESS_MISSED, /* only the sweep found something bad */
	PAIR_SWEEP_MISSED,  /* only stress did */
	PAIR_DIFFER,        /* both did, and the worst is not the same */
	PAIR_NO_SWEEP,      /* the sweep came to no judgement: skipped, broken, no time */
	PAIR_NO_STRESS,     /* stress came to none */
};

/* The pairs of a report, which must outlive them. 0 or -ENOMEM. Release with pairs_free(). */
int pairs_collect(struct pairs *pairs, const struct report *report);
void pairs_free(struct pairs *pairs);

enum pair_relation pair_relation(const struct pair *pair);

/*
 * The cell whose verdict is the pair's: that of the worse verdict, and the sweep if they are alike.
 * One that came to no judgement does not count where the other one did.
 */
const struct cell *pair_decides(const struct pair *pair);

/* The other one, or NULL. */
const struct cell *pair_other(const struct pair *pair);

/* Something was tried of the cell, and judged: its verdict is neither skipped nor broken. */
bool pair_judged(const struct cell *cell);

/* The sweep came by the whole sequence, left out nothing, and nothing broke: it may say "all". */
bool pair_swept_all(const struct cell *sweep);

/* The fork points that a sweep knows about: tried, or waited at. */
uint32_t pair_points(const struct cell *sweep);

#endif
