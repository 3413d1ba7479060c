/* How long an explanation takes: of the findings that a table prints, and of a much later point. */
#include "bench.h"

#include "explain_cell.h"
#include "interrupt.h"
#include "monotonic.h"
#include "plan.h"
#include "shm_map.h"
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPLAIN_ROUNDS = 3 };

struct explained_point {
	const char *allocator, *scenario;
	enum fork_method method;
	uint32_t point; /* 0: the first bad one */
};

static void make_plan(struct cell_plan *plan, const struct catalogue_allocator *allocator,
	const struct explained_point *subject)
{
	*plan = (struct cell_plan){
		.allocator = subject->allocator,
		.scenario = subject->scenario,
		.method = subject->method,
		.runner = allocator->runner,
		.mode = MODE_SWEEP,
		.seed = plan_seed(1, "", subject->scenario, ""),
		.workers = 1,
		.deadline_s = 10,
		.point = subject->point,
	};
}

static void explain_row(const struct catalogue *catalogue, const struct explained_point *subject,
	struct explanation *explanation)
{
	const struct catalogue_allocator *a = catalogue_find(catalogue, subject->allocator);
	double seconds[EXPLAIN_ROUNDS];
	struct cell_plan plan;
	char error[512];
	if (!a || !a->built)
		return;
	make_plan(&plan, a, subject);
	for (int i = 0; i < EXPLAIN_ROUNDS; i++) {
		uint64_t begin = monotonic_ns();
		memset(explanation, 0, sizeof(*explanation));
		if (explain_cell(explanation, a, &plan, NULL, NULL, error, sizeof(error)) != 0) {
			printf("  %-17s %-13s %-6s no explanation: %s\n", subject->allocator,
				subject->scenario, fork_method_name(plan.method), error);
			return;
		}
		seconds[i] = (double)(monotonic_ns() - begin) / 1e9;
	}
	double middle = stats_quantile(seconds, EXPLAIN_ROUNDS, 0.5);
	printf("  %-17s %-13s %-6s point %5u  %-16s %6.2f s  (%.2f to %.2f)\n", subject->allocator,
		subject->scenario, fork_method_name(plan.method), explanation->point,
		verdict_name(explanation->verdict), middle, seconds[0],
		seconds[EXPLAIN_ROUNDS - 1]);
	fflush(stdout);
}

void bench_explain(const struct catalogue *catalogue)
{
	static const struct explained_point subjects[] = {
		{"glibc", "basic", METHOD__FORK, 0},
		{"glibc", "signal", METHOD_FORK, 0},
		{"glibc", "pool", METHOD__FORK, 0},
		{"glibc", "logger-aware", METHOD__FORK, 0},
		{"jemalloc", "basic", METHOD__FORK, 0},
		{"jemalloc", "signal", METHOD_FORK, 0},
		{"jemalloc", "logger", METHOD_FORK, 0},
		{"tcmalloc", "basic", METHOD__FORK, 0},
		{"tcmalloc", "churn", METHOD__FORK, 0},
		{"tcmalloc-minimal", "signal", METHOD_FORK, 0},
		{"teach-forgot", "basic", METHOD_FORK, 0},
		{"jemalloc", "basic", METHOD__FORK, 5480},
	};
	struct explanation *explanation = malloc(sizeof(*explanation));
	printf("\nAn explanation, from start to end (at most 3 s for a finding of the table), "
	       "median of %d;\n"
	       "the last row is a point at the end of a long sequence\n",
		EXPLAIN_ROUNDS);
	for (size_t i = 0;
		explanation && i < sizeof(subjects) / sizeof(subjects[0]) && !interrupt_received();
		i++)
		explain_row(catalogue, &subjects[i], explanation);
	free(explanation);
}
