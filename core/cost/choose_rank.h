/* Ranks allocators for one kind of server by the cost of a fork. Pure. */
#pragma once

#include "cost_model.h"
#include "options.h"

/* The classes of criteria, in the order of the words of --weight. */
enum choose_class { CHOOSE_LATENCY, CHOOSE_MEMORY, CHOOSE_THROUGHPUT, CHOOSE_CLASSES };

/* "latency", "memory", "throughput" */
extern const char *const choose_class_names[CHOOSE_CLASSES];

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

const struct choose_server *choose_server(enum server_kind kind);

/* A multiple of the best: 1 is as good as the best in everything. */
struct choose_score {
	double value, low, high;
};

/* What the safety check says of an allocator. */
enum safety {
	SAFETY_UNJUDGED,
	SAFETY_NOTHING_FOUND,
	SAFETY_BAD,     /* a trial or a fork point had a bad verdict */
	SAFETY_CORRUPT, /* a server's data had wrong bytes while costs were measured */
	SAFETY_CUT,     /* its answers were cut short meanwhile */
	SAFETY_HUNG,    /* children hung meanwhile */
};

struct choice {
	const struct cost_cell *cell; /* its figures */
	bool out;                     /* not SAFETY_NOTHING_FOUND */
	enum safety safety;
	uint32_t points, trials;       /* without a bad verdict */
	bool all_points;               /* every sweep was complete */
	char scenario[MODEL_NAME_MAX]; /* of SAFETY_BAD, with the worst finding: */
	struct finding finding;

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
 * Ranks the choices that are not out and sorts by rank, the others last. Finds the Pareto front and
 * the ties with the first.
 */
void choose_rank(struct choice *choice, size_t count, const struct choose_server *server,
	const double weight[CHOOSE_CLASSES]);
