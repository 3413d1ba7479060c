/* Ranks allocators for one kind of server by the cost of a fork. Pure. */
#ifndef FORKLAB_CHOOSE_RANK_H
#define FORKLAB_CHOOSE_RANK_H

#include "cost_model.h"
#include "options.h"

/* The criteria, in the order of the words of --weight. */
enum choose_class { CHOOSE_LATENCY, CHOOSE_MEMORY, CHOOSE_THROUGHPUT, CHOOSE_CLASSES };

enum { CHOOSE_CRITERIA = 8, CHOOSE_SCENARIOS = 3 };

struct choose_criterion {
	int figure; /* enum cost_figure */
	enum choose_class class;
	const char *label; /* "fork(), first" */
};

/* A kind of server: the cells that exercise it, and the figures that decide. */
struct choose_server {
	const char *name, *summary;
	const char *scenario[CHOOSE_SCENARIOS]; /* NULL: no more */
	size_t criteria;
	struct choose_criterion criterion[CHOOSE_CRITERIA];
};

/* Indexed by enum server_kind of cli.h. */
const struct choose_server *choose_server(enum server_kind kind);

/* A multiple of the best one: 1 is as good as the best in everything. */
struct choose_score {
	double value, low, high;
};

struct choice {
	const struct cost_cell *cell; /* its figures */
	bool out; /* failed the safety check: it hangs, crashes, or was not judged */
	char safety[MODEL_TEXT_MAX];  /* the result of the safety check */
	char command[MODEL_TEXT_MAX]; /* reproduces its finding; "" */

	/* Filled in by choose_rank(). */
	bool ranked;            /* not out, and all deciding figures were measured */
	const char *unmeasured; /* the first figure that was not; NULL: all were */
	unsigned rank;          /* from 1; 0: not ranked */
	bool tie;               /* not distinguishable from the first */
	bool pareto;            /* none is better in all three criteria */
	struct choose_score score, class_score[CHOOSE_CLASSES];
};

/* The weights of the criteria; the chosen one counts four times as much as each other. */
void choose_weights(double weight[CHOOSE_CLASSES], enum weight_kind kind);

/*
 * Ranks what is not out; sorts *choice by rank, with the others at the end, and finds ties with the
 * first and the Pareto front.
 */
void choose_rank(struct choice *choice, size_t count, const struct choose_server *server,
	const double weight[CHOOSE_CLASSES]);

#endif
