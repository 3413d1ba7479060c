/* What a sweep costs beyond its two parts: the steps, and the forks with their children. */
#include "bench.h"

#include "interrupt.h"
#include "plan.h"
#include "shm_map.h"
#include "stats.h"
#include "stress.h"
#include "sweep.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5, FORKS_MAX = 400, DEADLINE_S = 10 };

struct swept_pair {
	const char *allocator, *scenario;
};

/* The measurements of one round. */
struct sweep_round {
	double sweep_s, steps_s, fork_ms;
	struct sweep sweep; /* without its windows */
	const char *wrong;  /* why there are none */
};

static bool make_plan(struct cell_plan *plan, const struct catalogue *catalogue,
	const struct swept_pair *subject, enum run_mode mode)
{
	const struct catalogue_allocator *a = catalogue_find(catalogue, subject->allocator);
	*plan = (struct cell_plan){
		.allocator = subject->allocator,
		.scenario = subject->scenario,
		.method = METHOD_FORK,
		.runner = a ? a->runner : "",
		.mode = mode,
		.seed = plan_seed(
			1, subject->allocator, subject->scenario, fork_method_name(METHOD_FORK)),
		.workers = 1,
		.deadline_s = DEADLINE_S,
	};
	return a && a->built;
}

/* True if the sequence was stepped through to its end. */
static bool sweep(const struct cell_plan *plan, struct cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	sweep_run(plan, cell, NULL, NULL);
	free(cell->sweep.window);
	cell->sweep.window = NULL;
	return cell->sweep.complete;
}

/*
 * Where a fork has taken and released a lock, the worker takes another path than without forks. So
 * the time of the steps is scaled to the number of instructions of the sweep.
 */
static bool take_round(const struct catalogue *catalogue, const struct swept_pair *subject,
	struct sweep_round *figures)
{
	static struct cell cell;
	struct cell_plan plan;
	figures->wrong = "not built";
	if (!make_plan(&plan, catalogue, subject, MODE_SWEEP))
		return false;
	figures->wrong = "the sweep is not complete";
	if (!sweep(&plan, &cell))
		return false;
	figures->sweep_s = cell.seconds;
	figures->sweep = cell.sweep;
	plan.no_forks = true;
	figures->wrong = "the sequence cannot be stepped through";
	if (!sweep(&plan, &cell))
		return false;
	figures->steps_s = cell.seconds * (double)figures->sweep.instructions /
			   (double)cell.sweep.instructions;
	make_plan(&plan, catalogue, subject, MODE_BASELINE);
	plan.sweep_baseline = true;
	plan.trials = figures->sweep.tried < FORKS_MAX ? figures->sweep.tried : FORKS_MAX;
	memset(&cell, 0, sizeof(cell));
	stress_run(&plan, &cell, NULL, NULL);
	figures->fork_ms = cell.trial_median_ms;
	figures->wrong = "no bare trial was ok";
	return figures->fork_ms > 0;
}

static void sweep_row(const struct catalogue *catalogue, const struct swept_pair *subject)
{
	struct sweep_round figures = {0};
	double whole[ROUNDS], steps[ROUNDS], fork_ms[ROUNDS], sum[ROUNDS], ratio[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		if (interrupt_received())
			return;
		if (!take_round(catalogue, subject, &figures)) {
			printf("  %-9s %-12s %s\n", subject->allocator, subject->scenario,
				interrupt_received() ? "interrupted" : figures.wrong);
			return;
		}
		whole[i] = figures.sweep_s;
		steps[i] = figures.steps_s;
		fork_ms[i] = figures.fork_ms;
		sum[i] = steps[i] + figures.sweep.tried * fork_ms[i] / 1e3;
		ratio[i] = whole[i] / sum[i];
	}
	double middle = stats_quantile(ratio, ROUNDS, 0.5);
	double seconds = stats_quantile(whole, ROUNDS, 0.5);
	printf("  %-9s %-12s %6.2f s %6.2f s %5u of %5u %7.3f ms %6.2f s %6.2f  (%.2f to %.2f) "
	       "%8.0f %6.0f\n",
		subject->allocator, subject->scenario, seconds, stats_quantile(steps, ROUNDS, 0.5),
		figures.sweep.tried, figures.sweep.points, stats_quantile(fork_ms, ROUNDS, 0.5),
		stats_quantile(sum, ROUNDS, 0.5), middle, ratio[0], ratio[ROUNDS - 1],
		(double)figures.sweep.instructions / seconds, figures.sweep.points / seconds);
	fflush(stdout);
}

void bench_sweeps(const struct catalogue *catalogue)
{
	static const struct swept_pair subjects[] = {
		{"glibc", "basic"},
		{"glibc", "logger-aware"},
		{"jemalloc", "logger-aware"},
		{"mimalloc", "logger-aware"},
		{"tcmalloc", "logger-aware"},
	};
	printf("\nA sweep (fork), compared with the sum of its parts: stepping through the same "
	       "instructions\n"
	       "without forks, plus, for each tested point, a bare loop in the same runner (fork, "
	       "the\n"
	       "sweep's child work, exit, wait) with the heap at the end of the sequence; %d "
	       "alternating\n"
	       "rounds\n",
		ROUNDS);
	printf("  %-22s %8s %8s %14s %10s %8s %6s  %14s %8s %6s\n", "", "sweep", "steps",
		"points tested", "bare", "sum", "ratio", "", "instr./s", "pts/s");
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]) && !interrupt_received(); i++)
		sweep_row(catalogue, &subjects[i]);
}

/* ---- Memory ---- */

/* Resets the peak that the kernel reports. */
static bool reset_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, "5", 1) == 1;
	if (fd >= 0)
		close(fd);
	return done;
}

/* In KiB, or -1. */
static long peak(void)
{
	char line[256];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "re");
	while (status && kib < 0 && fgets(line, sizeof(line), status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (status)
		fclose(status);
	return kib;
}

static void memory_row(const struct cell_plan *plan, const char *what)
{
	static struct cell cell;
	if (!reset_peak() || !sweep(plan, &cell))
		printf("  %-18s not measured\n", what);
	else
		printf("  %-18s %7u points %5zu windows %8.1f MiB at most\n", what,
			cell.sweep.points, cell.sweep.windows, (double)peak() / 1024);
	fflush(stdout);
}

void bench_sweep_memory(const struct catalogue *catalogue)
{
	static const struct swept_pair subject = {"glibc", "logger-aware"};
	struct cell_plan plan;
	if (!make_plan(&plan, catalogue, &subject, MODE_SWEEP))
		return;
	printf("Memory of forklab itself in a sweep of %s, %s, fork\n", subject.allocator,
		subject.scenario);
	memory_row(&plan, "fork points");
	plan.every_instruction = true;
	memory_row(&plan, "every instruction");
	memory_row(&plan, "the same again");
}
