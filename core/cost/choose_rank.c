#include "choose_rank.h"

#include <math.h>
#include <stdlib.h>

const char *const choose_class_names[CHOOSE_CLASSES] = {
	[CHOOSE_LATENCY] = "latency",
	[CHOOSE_MEMORY] = "memory",
	[CHOOSE_THROUGHPUT] = "throughput",
};

static const struct choose_server servers[] = {
	[SERVER_PREFORK] = {"prefork",
		"a child for each connection, made by a process with threads",
		{"basic", "churn", "prefork"}, 6,
		{
			{COST_PREFORK_P50, CHOOSE_LATENCY, "request"},
			{COST_PREFORK_P99, CHOOSE_LATENCY, "p99"},
			{COST_PREFORK_CHILD, CHOOSE_MEMORY, "a child"},
			{COST_MEMORY(COST_MOMENT_ALLOCATED, COST_ALL_PSS), CHOOSE_MEMORY,
				"parent and 8 children"},
			{COST_PREFORK_RATE, CHOOSE_THROUGHPUT, "requests"},
			{COST_CALL_RATE, CHOOSE_THROUGHPUT, "calls"},
		}},
	[SERVER_SNAPSHOT] = {"snapshot",
		"a child that writes a copy of the heap while the parent goes on",
		{"basic", "concurrent", "snapshot"}, 6,
		{
			{COST_SNAPSHOT_FORK, CHOOSE_LATENCY, "fork()"},
			{COST_SNAPSHOT_STALL, CHOOSE_LATENCY, "longest request"},
			{COST_SNAPSHOT_P99, CHOOSE_LATENCY, "p99"},
			{COST_SNAPSHOT_COPIED, CHOOSE_MEMORY, "copied"},
			{COST_MEMORY(COST_MOMENT_NO_CHILD, COST_ALL_PSS), CHOOSE_MEMORY, "parent"},
			{COST_CALL_RATE, CHOOSE_THROUGHPUT, "calls"},
		}},
	[SERVER_POOL] = {"pool",
		"long-lived children that serve many connections and work with what they inherit",
		{"basic", "pool", "prefork-pool"}, 6,
		{
			{COST_POOL_P50, CHOOSE_LATENCY, "request"},
			{COST_POOL_P99, CHOOSE_LATENCY, "p99"},
			{COST_POOL_CHILD, CHOOSE_MEMORY, "a child"},
			{COST_MEMORY(COST_MOMENT_FREED, COST_ALL_PSS), CHOOSE_MEMORY,
				"parent and 8 children"},
			{COST_POOL_RATE, CHOOSE_THROUGHPUT, "requests"},
			{COST_CALL_RATE, CHOOSE_THROUGHPUT, "calls"},
		}},
};

const struct choose_server *choose_server(enum server_kind kind)
{
	return &servers[kind];
}

void choose_weights(double weight[CHOOSE_CLASSES], enum weight_kind kind)
{
	for (int i = 0; i < CHOOSE_CLASSES; i++)
		weight[i] = kind != WEIGHT_EQUAL && (int)kind - 1 == i ? 4 : 1;
}

/* ---- Scores: logarithms of ratios to the best, until the end ---- */

/* The resolution: a VM page, or the time of some clock reads. */
static double at_least(double value, enum cost_unit unit)
{
	return fmax(value, unit == COST_BYTES ? 4096 : unit == COST_NS ? 100 : 1e-9);
}

/* The inverse of a figure that is better when greater. */
static double to_cost(double value, int figure)
{
	enum cost_unit unit = cost_figure_info((size_t)figure)->unit;
	double clamped = at_least(value, unit);
	return unit == COST_PER_SECOND ? 1 / clamped : clamped;
}

static double best_of(const struct choice *choice, size_t count, int figure)
{
	double best = INFINITY;
	for (size_t i = 0; i < count; i++)
		if (choice[i].ranked)
			best = fmin(best, to_cost(choice[i].cell->estimate[figure].value, figure));
	return best;
}

/* A sum of logarithms, each with its error in both directions. */
struct log_sum {
	double value, weight, below, above; /* the last two: sums of squares */
};

static void add(struct log_sum *sum, double weight, double value, double below, double above)
{
	sum->value += weight * value;
	sum->weight += weight;
	sum->below += weight * weight * below * below;
	sum->above += weight * weight * above * above;
}

/* The ranges are independent of each other, so their squares add up. */
static struct choose_score score_of(const struct log_sum *sum)
{
	double value = sum->value / sum->weight;
	return (struct choose_score){
		.value = exp(value),
		.low = exp(value - sqrt(sum->below) / sum->weight),
		.high = exp(value + sqrt(sum->above) / sum->weight),
	};
}

static void add_figure(
	struct log_sum *sum, const struct cost_estimate *estimate, int figure, double best)
{
	double low = to_cost(estimate->low, figure), high = to_cost(estimate->high, figure);
	double value = log(to_cost(estimate->value, figure) / best);
	double down = value - log(fmin(low, high) / best), up = log(fmax(low, high) / best) - value;
	add(sum, 1, value, fmax(down, 0), fmax(up, 0));
}

static void score_one(struct choice *one, const struct choice *choice, size_t count,
	const struct choose_server *server, const double weight[CHOOSE_CLASSES])
{
	struct log_sum all = {0};
	for (int class = 0; class < CHOOSE_CLASSES; class ++) {
		struct log_sum sum = {0};
		for (size_t i = 0; i < server->criteria; i++) {
			const struct choose_criterion *criterion = &server->criterion[i];
			if ((int)criterion->class == class)
				add_figure(&sum, &one->cell->estimate[criterion->figure],
					criterion->figure,
					best_of(choice, count, criterion->figure));
		}
		one->class_score[class] = score_of(&sum);
		const struct choose_score *score = &one->class_score[class];
		add(&all, weight[class], log(score->value), log(score->value / score->low),
			log(score->high / score->value));
	}
	one->score = score_of(&all);
}

/* ---- Ranks ---- */

static void set_ranked(struct choice *one, const struct choose_server *server)
{
	one->unmeasured = NULL;
	for (size_t i = 0; i < server->criteria && !one->unmeasured; i++)
		if (!one->cell->rounds ||
			isnan(one->cell->estimate[server->criterion[i].figure].value))
			one->unmeasured = server->criterion[i].label;
	one->ranked = !one->out && !one->unmeasured;
}

static int by_rank(const void *left, const void *right)
{
	const struct choice *a = left, *b = right;
	if (a->ranked != b->ranked)
		return a->ranked ? -1 : 1;
	if (!a->ranked)
		return 0;
	return (a->score.value > b->score.value) - (a->score.value < b->score.value);
}

/* Better in at least one class, and worse in none. */
static bool dominates(const struct choice *one, const struct choice *other)
{
	bool better = false;
	for (int i = 0; i < CHOOSE_CLASSES; i++) {
		if (one->class_score[i].value > other->class_score[i].value)
			return false;
		better |= one->class_score[i].value < other->class_score[i].value;
	}
	return better;
}

static bool is_pareto(const struct choice *one, const struct choice *choice, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (choice[i].ranked && dominates(&choice[i], one))
			return false;
	return true;
}

void choose_rank(struct choice *choice, size_t count, const struct choose_server *server,
	const double weight[CHOOSE_CLASSES])
{
	for (size_t i = 0; i < count; i++)
		set_ranked(&choice[i], server);
	for (size_t i = 0; i < count; i++)
		if (choice[i].ranked)
			score_one(&choice[i], choice, count, server, weight);
	qsort(choice, count, sizeof(*choice), by_rank);
	for (size_t i = 0; i < count && choice[i].ranked; i++) {
		choice[i].rank = (unsigned)i + 1;
		choice[i].tie = i > 0 && choice[i].score.low <= choice[0].score.high;
		choice[i].pareto = is_pareto(&choice[i], choice, count);
		choice[0].tie |= choice[i].tie;
	}
}
