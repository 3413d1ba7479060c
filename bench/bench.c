/*
 * What forklab itself costs, as ratios to a floor measured in the same run: absolute times mean
 * nothing on a shared machine. It prints, and asserts nothing.
 */
#include "bench.h"

#include "catalogue.h"
#include "interrupt.h"
#include "shm_map.h"
#include "stats.h"
#include "status.h"
#include "stress.h"
#include "supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ROUNDS = 7, TRIALS = 400, WORKERS = 4, HANGS = 40, DEADLINE_S = 10 };

static struct catalogue catalogue;

/* Runs one cell. The median of its good trials in ms; negative if there was none. */
static double run_cell(struct cell *cell, const char *allocator, enum fork_method method,
	enum run_mode mode, uint32_t trials)
{
	const struct catalogue_allocator *a = catalogue_find(&catalogue, allocator);
	struct cell_plan plan = {
		.allocator = allocator,
		.scenario = "basic",
		.method = method,
		.runner = a ? a->runner : "",
		.mode = mode,
		.seed = 1,
		.trials = trials,
		.workers = WORKERS,
		.aim = true,
		.deadline_s = DEADLINE_S,
	};
	memset(cell, 0, sizeof(*cell));
	if (!a || !a->built)
		return -1;
	stress_run(&plan, cell, NULL, NULL);
	return cell->trial_median_ms;
}

/* Stress and floor alternate, so that a change in the speed of the machine affects both. */
static void ratio_row(const char *allocator)
{
	static struct cell cell;
	double ratio[ROUNDS], floor[ROUNDS], stress[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		floor[i] = run_cell(&cell, allocator, METHOD_FORK, MODE_BASELINE, TRIALS);
		stress[i] = run_cell(&cell, allocator, METHOD_FORK, MODE_STRESS, TRIALS);
		if (floor[i] <= 0 || stress[i] <= 0) {
			printf("  %-18s not built, or broken\n", allocator);
			return;
		}
		ratio[i] = stress[i] / floor[i];
	}
	double middle = stats_quantile(ratio, ROUNDS, 0.5);
	printf("  %-18s %8.3f ms %10.3f ms %8.2f  (%.2f to %.2f)\n", allocator,
		stats_quantile(floor, ROUNDS, 0.5), stats_quantile(stress, ROUNDS, 0.5), middle,
		ratio[0], ratio[ROUNDS - 1]);
}

static void latency_row(const char *allocator, enum fork_method method)
{
	static struct cell cell;
	run_cell(&cell, allocator, method, MODE_STRESS, HANGS * 3);
	if (cell.latency_median_ms < 0) {
		printf("  %-18s %-6s no hang\n", allocator, fork_method_name(method));
		return;
	}
	uint32_t hangs = cell.count[VERDICT_DEADLOCK] + cell.count[VERDICT_LIVELOCK];
	printf("  %-18s %-6s %-9s %4u of %4u proven %8.2f ms %8.2f ms\n", allocator,
		fork_method_name(method), verdict_name(cell.verdict), cell.proven, hangs,
		cell.latency_median_ms, cell.latency_p99_ms);
}

static void stress_rows(void)
{
	static const char *const real[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc"};
	printf("\nA stress trial with %d workers, compared with a bare loop in the same runner "
	       "(fork, the\n"
	       "same child work, _exit, wait): median trial, %d alternating rounds\n",
		WORKERS, ROUNDS);
	printf("  %-18s %11s %13s %8s\n", "", "bare", "stress", "ratio");
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]) && !interrupt_received(); i++)
		ratio_row(real[i]);
}

static void latency_rows(void)
{
	printf("\nTime from a child's last progress to the verdict: median, p99\n");
	latency_row("teach-none", METHOD__FORK);
	latency_row("glibc", METHOD__FORK);
	latency_row("jemalloc", METHOD__FORK);
	latency_row("teach-spin", METHOD__FORK);
	latency_row("teach-timed", METHOD__FORK);
	latency_row("tcmalloc", METHOD__FORK);
}

static void memory_row(void)
{
	struct rusage usage;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		printf("\nforklab itself used at most %.1f MiB of memory (at most 48)\n",
			(double)usage.ru_maxrss / 1024);
}

static void stress_section(const struct catalogue *built)
{
	(void)built;
	stress_rows();
	if (!interrupt_received())
		latency_rows();
}

/* In this order: memory is measured before anything else uses some. */
static const struct section {
	const char *option; /* runs this section alone */
	void (*run)(const struct catalogue *catalogue);
} sections[] = {
	{"--memory", bench_sweep_memory},
	{"--sweeps", bench_sweeps},
	{"--stress", stress_section},
	{"--audits", bench_audits},
	{"--explain", bench_explain},
	{"--costs", bench_costs},
	{"--points", bench_points},
	{"--default", bench_default_run},
};

enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

static const struct section *find_section(const char *option)
{
	for (size_t i = 0; i < SECTIONS; i++)
		if (strcmp(sections[i].option, option) == 0)
			return &sections[i];
	return NULL;
}

static int usage(int status)
{
	FILE *out = status == 0 ? stdout : stderr;
	fputs("Usage: forklab-bench [SECTION] [RUNNERS]\nSections:", out);
	for (size_t i = 0; i < SECTIONS; i++)
		fprintf(out, " %s", sections[i].option);
	fputs("\n", out);
	return status;
}

static int bench(int argc, char **argv)
{
	char error[512];
	const struct section *only = argc > 1 ? find_section(argv[1]) : NULL;
	const char *runners = argc > 1 + (only != NULL) ? argv[1 + (only != NULL)] : NULL;
	if (runners && strcmp(runners, "--help") == 0)
		return usage(0);
	if (runners && runners[0] == '-')
		return usage(STATUS_USAGE);
	if (interrupt_init() != 0 ||
		catalogue_load(&catalogue, runners, error, sizeof(error)) != 0) {
		fprintf(stderr, "bench: %s\n", error);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < SECTIONS && !interrupt_received(); i++)
		if (!only || only == &sections[i])
			sections[i].run(&catalogue);
	memory_row();
	catalogue_free(&catalogue);
	return STATUS_OK;
}

int main(int argc, char **argv)
{
	int status = supervisor_run(bench, argc, argv);
	return status < 0 ? STATUS_BROKEN : status;
}
