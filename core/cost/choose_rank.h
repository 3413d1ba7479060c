/*
 * Ranking allocators for one kind of server by what a fork costs with them. Pure: what counts is
 * measured elsewhere.
 */
#ifndef FORKLAB_CHOOSE_RANK_H
#define FORKLAB_CHOOSE_RANK_H

#include "cost_model.h"
#include "options.h"

/* What a server is chosen by; in the order of the words of --weight. */
enum choose_class { CHOOSE_LATENCY, CHOOSE_MEMORY, CHOOSE_THROUGHPUT, CHOOSE_CLASSES };

enum { CHOOSE_CRITERIA = 8, CHOOSE_SCENARIOS = 3 };

struct choose_criterion {
	int figure; /* enum cost_figure */
	enum choose_class class;
	const char *label; /* "fork(), first" */
};

/* A kind of server: the cells that it exercises, and the figures that decide. */
struct choose_server {
	const char *name, *summary;
	const char *scenario[CHOOSE_SCENARIOS]; /* NULL: no more */
	size_t criteria;
	struct choose_criterion criterion[CHOOSE_CRITERIA];
};

/* By enum server_kind of cli.h. */
const struct choose_server *choose_server(enum server_kind kind);

/* How many times as much as the best one: 1 is as good as the best in everything. */
struct choose_score {
	double value, low, high;
};

struct choice {
	const struct cost_cell *cell; /* its figures */
	bool out;                     /* by the gate: it hangs, crashes, or was not judged */
	char safety[MODEL_TEXT_MAX];  /* what the gate found, in words */
	char command[MODEL_TEXT_MAX]; /* that tries its finding again; "" */

	/* Filled in by choose_rank(). */
	bool ranked;            /* it is in, and all deciding figures were measured */
	const char *unmeasured; /* the first of them that was not; NULL: all were */
	unsigned rank;          /* from 1; 0: not ranked */
	bool tie;               /* cannot be told from the first */
	bool pareto;            /* nobody is better in all three classes */
	struct choose_score score, class_score[CHOOSE_CLASSES];
};

/* What the classes weigh; the chosen one four times as much as each other. */
void choose_weights(double weight[CHOOSE_CLASSES], enum weight_kind kind);

/*
 * Ranks what is in, sorts *choice by rank with what is out behind, and tells who ties with the
 * first and who stands on the Pareto front.
 */
void choose_rank(struct choice *choice, size_t count, const struct choose_server *server,
	const double weight[CHOOSE_CLASSES]);

#endif
