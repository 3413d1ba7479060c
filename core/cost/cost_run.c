#include "cost_run.h"

#include "cost_measure.h"
#include "cost_summary.h"
#include "interrupt.h"
#include "monotonic.h"
#include "shm_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cost_run {
	struct cost_report *report;
	const struct options *options;
	const struct cost_grid *grid;
	const struct progress_hooks *hooks;
	struct cost_shm *shm;
	struct cost_rounds *rounds; /* per cell */
	double *longest_s;          /* likewise: the longest round so far */
	uint32_t *order;            /* the cells of all rounds, one round after the other */
	uint64_t begin_ns;
};

static void name_cells(const struct cost_run *run)
{
	for (size_t i = 0; i < run->grid->configs; i++) {
		const struct cost_config *config = &run->grid->config[i];
		struct cost_cell *cell = &run->report->cell[i];
		snprintf(cell->allocator, sizeof(cell->allocator), "%s", config->allocator->name);
		cell->link = config->allocator->link;
		cell->method = config->method;
		cell->threads = config->threads;
		cell->heap_bytes = config->heap_bytes;
		cell->huge = config->huge;
	}
}

/* Without real huge pages the figures would be those of usual pages. */
static bool has_huge_pages(struct cost_cell *cell, const struct cost_shm *shm)
{
	bool huge_known = shm->built.known & COST_HAS_HUGE;
	if (!cell->huge || !huge_known || shm->built.huge > 0)
		return true;
	cell->skipped = true;
	snprintf(cell->why, sizeof(cell->why),
		"huge pages cannot be had here (MADV_COLLAPSE: error %u)", shm->huge_failed);
	return false;
}

/* Children that did not exit, and requests without an answer, since their child hangs. */
static uint32_t hung(const struct cost_shm *shm)
{
	uint32_t sum = shm->hung;
	for (int i = 0; i < COST_CLIENTS; i++)
		sum += shm->service.client[i].hung > 0;
	return sum;
}

/* A full disk ends everything: the next cell would fail too. */
static bool snapshot_written(struct cost_report *report, const struct cost_shm *shm)
{
	if (shm->snapshot.write_error == 0)
		return true;
	snprintf(report->fatal, sizeof(report->fatal),
		"the snapshot cannot be written to $TMPDIR or /tmp: %s; let TMPDIR name a "
		"directory with more room than the heap, or choose a smaller --heap",
		strerror((int)(shm->snapshot.write_error & 0xffff)));
	return false;
}

/* Counts the answers. False: some were wrong or cut short, so the figures are not used. */
static bool is_intact(struct cost_cell *cell, const struct cost_shm *shm)
{
	cell->wrong_record = shm->snapshot.wrong;
	for (int i = 0; i < COST_CLIENTS; i++) {
		cell->wrong += shm->service.client[i].wrong;
		cell->cut += shm->service.client[i].cut;
		cell->late += shm->service.client[i].late;
	}
	cell->corrupt = cell->wrong_record || cell->wrong;
	return !cell->corrupt && !cell->cut;
}

static void measure(struct cost_run *run, uint32_t index, uint32_t round)
{
	const struct cost_config *config = &run->grid->config[index];
	struct cost_cell *cell = &run->report->cell[index];
	enum cost_server server = run->report->server;
	const struct cost_measure_params params = {
		run->options->seed, round, run->options->effort, server, run->options->cost.port};
	const struct cost_context context = {config->threads, config->method, server};
	uint64_t begin = monotonic_ns();
	int error = cost_measure(config, &params, run->shm, cell);
	double elapsed_s = seconds_since(begin);
	cell->seconds += elapsed_s;
	if (elapsed_s > run->longest_s[index])
		run->longest_s[index] = elapsed_s;
	if (error == 0 && !snapshot_written(run->report, run->shm))
		return;
	if (error == 0 && is_intact(cell, run->shm) && has_huge_pages(cell, run->shm)) {
		cost_rounds_add(&run->rounds[index], run->shm, &context);
		cell->hung += hung(run->shm);
	} else if (error != -EINTR) {
		cell->failed++;
	}
	run->order[run->report->order_length++] = index;
}

/* Whether the next round of the cell is likely to finish in time. */
static bool is_time_for(const struct cost_run *run, uint32_t index)
{
	double budget = run->options->budget_s;
	return budget == 0 || seconds_since(run->begin_ns) + run->longest_s[index] <= budget;
}

static void tell_next(const struct cost_run *run, size_t index, const char *allocator)
{
	const struct progress_place place = {PROGRESS_MEASUREMENT, .index = index + 1,
		.total = run->grid->configs * run->options->cost.rounds, .allocator = allocator};
	if (run->hooks && run->hooks->next)
		run->hooks->next(run->hooks->context, &place);
}

/* A cell that failed or hung is not tried again: it would take as long and fail again. */
static void run_round(struct cost_run *run, uint32_t round)
{
	size_t count = run->grid->configs;
	uint32_t *shuffled = malloc((count + 1) * sizeof(*shuffled));
	if (!shuffled)
		return;
	cost_grid_order(shuffled, count, run->options->seed, round);
	for (size_t i = 0; i < count && !interrupt_received() && !run->report->fatal[0]; i++) {
		const struct cost_cell *cell = &run->report->cell[shuffled[i]];
		if (cell->failed || cell->hung)
			continue;
		if (!is_time_for(run, shuffled[i])) {
			run->report->cut = true;
			continue;
		}
		tell_next(run, round * count + i, cell->allocator);
		measure(run, shuffled[i], round);
	}
	free(shuffled);
}

static bool prepare(struct cost_run *run)
{
	size_t configs = run->grid->configs;
	run->report->cell = calloc(configs + 1, sizeof(*run->report->cell));
	run->rounds = calloc(configs + 1, sizeof(*run->rounds));
	run->longest_s = calloc(configs + 1, sizeof(*run->longest_s));
	run->order = calloc(configs * run->options->cost.rounds + 1, sizeof(*run->order));
	run->shm = malloc(sizeof(*run->shm));
	run->report->order = run->order;
	return run->report->cell && run->rounds && run->longest_s && run->order && run->shm;
}

static void run_all(struct cost_run *run)
{
	struct cost_report *report = run->report;
	for (uint32_t round = 0; round < run->options->cost.rounds && !interrupt_received();
		round++)
		run_round(run, round);
	for (size_t i = 0; i < report->cells; i++)
		cost_summarize(&report->cell[i], &run->rounds[i]);
	cost_judge_machine(report);
	report->partial = interrupt_received();
	report->seconds = seconds_since(run->begin_ns);
}

static enum cost_server server_of(const struct options *options)
{
	static const enum cost_server servers[] = {
		[SERVER_PREFORK] = COST_PREFORK_SERVER,
		[SERVER_SNAPSHOT] = COST_SNAPSHOT_SERVER,
		[SERVER_POOL] = COST_POOL_SERVER,
	};
	return options->choose.has_server ? servers[options->choose.server] : COST_NO_SERVER;
}

int cost_run(struct cost_report *report, const struct options *options,
	const struct cost_grid *grid, const struct progress_hooks *hooks)
{
	struct cost_run run = {
		.report = report,
		.options = options,
		.grid = grid,
		.hooks = hooks,
		.begin_ns = monotonic_ns(),
	};
	report->seed = options->seed;
	report->budget_s = options->budget_s;
	report->rounds = options->cost.rounds;
	report->cells = grid->configs;
	report->server = server_of(options);
	snprintf(report->note, sizeof(report->note), "%s", grid->note);
	bool prepared = prepare(&run);
	if (prepared) {
		name_cells(&run);
		run_all(&run);
	}
	free(run.rounds);
	free(run.longest_s);
	free(run.shm);
	return prepared ? 0 : -ENOMEM;
}

void cost_run_free(struct cost_report *report)
{
	free(report->cell);
	free((void *)report->order);
	report->cell = NULL;
	report->order = NULL;
}
