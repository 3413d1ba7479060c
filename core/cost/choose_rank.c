#include "choose_rank.h"

#include <math.h>
#include <stdlib.h>

static const struct choice_server servers[] = {
	[SERVER_PREFORK] = {"prefork",
		"a child for each connection, made by a process with threads",
		{"basic", "churn", "prefork"}, 6,
		{
			{COST_PREFORK_P50, CHOICE_LATENCY, "request"},
			{COST_PREFORK_P99, CHOICE_LATENCY, "p99"},
			{COST_PREFORK_CHILD, CHOICE_MEMORY, "a child"},
			{COST_MEMORY(COST_ALL_FULL, COST_ALL_PSS), CHOICE_MEMORY,
				"parent and 8 children"},
			{COST_PREFORK_RATE, CHOICE_THROUGHPUT, "requests"},
			{COST_OPERATIONS, CHOICE_THROUGHPUT, "calls"},
		}},
	[SERVER_SNAPSHOT] = {"snapshot",
		"a child that writes a copy of the heap while the parent goes on",
		{"basic", "concurrent", "snapshot"}, 6,
		{
			{COST_SNAPSHOT_FORK, CHOICE_LATENCY, "fork()"},
			{COST_SNAPSHOT_STALL, CHOICE_LATENCY, "longest request"},
			{COST_SNAPSHOT_P99, CHOICE_LATENCY, "p99"},
			{COST_SNAPSHOT_COPIED, CHOICE_MEMORY, "copied"},
			{COST_MEMORY(COST_ALONE, COST_ALL_PSS), CHOICE_MEMORY, "parent"},
			{COST_OPERATIONS, CHOICE_THROUGHPUT, "calls"},
		}},
	[SERVER_POOL] = {"pool",
		"long-lived children that serve many connections and work with what they inherit",
		{"basic", "pool", "prefork-pool"}, 6,
		{
			{COST_POOL_P50, CHOICE_LATENCY, "request"},
			{COST_POOL_P99, CHOICE_LATENCY, "p99"},
			{COST_POOL_CHILD, CHOICE_MEMORY, "a child"},
			{COST_MEMORY(COST_ALL_FREED, COST_ALL_PSS), CHOICE_MEMORY,
				"parent and 8 children"},
			{COST_POOL_RATE, CHOICE_THROUGHPUT, "requests"},
			{COST_OPERATIONS, CHOICE_THROUGHPUT, "calls"},
		}},
};

const struct choice_server *choice_server(enum server_kind kind)
{
	return &servers[kind];
}

void choice_weights(double weight[CHOICE_CLASSES], enum weight_kind kind)
{
	for (int i = 0; i < CHOICE_CLASSES; i++)
		weight[i] = kind != WEIGHT_EQUAL && (int)kind - 1 == i ? 4 : 1;
}

/* ---- Scores: logarithms of ratios to the best, until the end ---- */

/* Less than a page or what a few looks at the clock take is as good as nothing. */
static double at_least(double value, enum cost_unit unit)
{
	return fmax(value, unit == COST_BYTES ? 4096 : unit == COST_NS ? 100 : 1e-9);
}

/* Of what is better the more there is of it, the inverse. */
static double burden(double value, int figure)
{
	enum cost_unit unit = cost_trait((size_t)figure)->unit;
	double some = at_least(value, unit);
	return unit == COST_PER_SECOND ? 1 / some : some;
}

static double best_of(const struct choice *choice, size_t count, int figure)
{
	double best = INFINITY;
	for (size_t i = 0; i < count; i++)
		if (choice[i].ranked)
			best = fmin(best, burden(choice[i].cell->result[figure].value, figure));
	return best;
}

/* A sum of logarithms, each with how far it may be off to both sides. */
struct sum {
	double value, weight, below, above; /* the last two: sums of squares */
};

static void add(struct sum *sum, double weight, double value, double below, double above)
{
	sum->value += weight * value;
	sum->weight += weight;
	sum->below += weight * weight * below * below;
	sum->above += weight * weight * above * above;
}

/* The figures' ranges are independent of each other, so their squares add up. */
static struct choice_score score_of(const struct sum *sum)
{
	double value = sum->value / sum->weight;
	return (struct choice_score){
		.value = exp(value),
		.low = exp(value - sqrt(sum->below) / sum->weight),
		.high = exp(value + sqrt(sum->above) / sum->weight),
	};
}

static void add_figure(struct sum *sum, const struct cost_result *result, int figure, double best)
{
	double low = burden(result->low, figure), high = burden(result->high, figure);
	double value = log(burden(result->value, figure) / best);
	double down = value - log(fmin(low, high) / best), up = log(fmax(low, high) / best) - value;
	add(sum, 1, value, fmax(down, 0), fmax(up, 0));
}

static void score_one(struct choice *one, const struct choice *choice, size_t count,
	const struct choice_server *server, const double weight[CHOICE_CLASSES])
{
	struct sum all = {0};
	for (int class = 0; class < CHOICE_CLASSES; class ++) {
		struct sum sum = {0};
		for (size_t i = 0; i < server->criteria; i++) {
			const struct choice_criterion *criterion = &server->criterion[i];
			if ((int)criterion->class == class)
				add_figure(&sum, &one->cell->result[criterion->figure],
					criterion->figure,
					best_of(choice, count, criterion->figure));
		}
		one->class_score[class] = score_of(&sum);
		const struct choice_score *score = &one->class_score[class];
		add(&all, weight[class], log(score->value), log(score->value / score->low),
			log(score->high / score->value));
	}
	one->score = score_of(&all);
}

/* ---- Ranks ---- */

static void take_in(struct choice *one, const struct choice_server *server)
{
	one->unmeasured = NULL;
	for (size_t i = 0; i < server->criteria && !one->unmeasured; i++)
		if (!one->cell->rounds ||
			isnan(one->cell->result[server->criterion[i].figure].value))
			one->unmeasured = server->criterion[i].words;
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

/* Better in all classes, or as good in some. */
static bool dominates(const struct choice *one, const struct choice *other)
{
	bool better = false;
	for (int i = 0; i < CHOICE_CLASSES; i++) {
		if (one->class_score[i].value > other->class_score[i].value)
			return false;
		better |= one->class_score[i].value < other->class_score[i].value;
	}
	return better;
}

static bool on_front(const struct choice *one, const struct choice *choice, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (choice[i].ranked && dominates(&choice[i], one))
			return false;
	return true;
}

void choice_rank(struct choice *choice, size_t count, const struct choice_server *server,
	const double weight[CHOICE_CLASSES])
{
	for (size_t i = 0; i < count; i++)
		take_in(&choice[i], server);
	for (size_t i = 0; i < count; i++)
		if (choice[i].ranked)
			score_one(&choice[i], choice, count, server, weight);
	qsort(choice, count, sizeof *choice, by_rank);
	for (size_t i = 0; i < count && choice[i].ranked; i++) {
		choice[i].rank = (unsigned)i + 1;
		choice[i].tie = i > 0 && choice[i].score.low <= choice[0].score.high;
		choice[i].front = on_front(&choice[i], choice, count);
		choice[0].tie |= choice[i].tie;
	}
}
