#include "cost_run.h"

#include "cost_measure.h"
#include "cost_summary.h"
#include "interrupt.h"
#include "monotonic.h"
#include "progress.h"
#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct running {
	struct cost_report *report;
	const struct options *options;
	const struct cost_grid *grid;
	struct cost_sheet *sheet;
	struct cost_rounds *rounds; /* of each cell */
	double *longest_s;          /* the same: of its rounds; 0: none yet */
	uint32_t *order;            /* of all rounds, one behind the other */
	uint64_t begin_ns;
};

static double seconds_since(uint64_t begin_ns)
{
	return (double)(monotonic_ns() - begin_ns) / 1e9;
}

static void name_cells(const struct running *running)
{
	for (size_t i = 0; i < running->grid->places; i++) {
		const struct cost_place *place = &running->grid->place[i];
		struct cost_cell *cell = &running->report->cell[i];
		snprintf(cell->allocator, sizeof cell->allocator, "%s", place->allocator->name);
		snprintf(cell->link, sizeof cell->link, "%s", place->allocator->link);
		cell->method = pages_method_name(place->method);
		cell->threads = place->threads;
		cell->heap_bytes = place->heap_bytes;
		cell->huge = place->huge;
	}
}

/* Huge pages that were not made are no huge pages: the figures would be those of usual ones. */
static bool is_what_was_asked(struct cost_cell *cell, const struct cost_sheet *sheet)
{
	bool told = sheet->built.known & COST_KNOWS_HUGE;
	if (!cell->huge || !told || sheet->built.huge > 0)
		return true;
	cell->skipped = true;
	snprintf(cell->why, sizeof cell->why,
		"huge pages cannot be had here (MADV_COLLAPSE: error %u)", sheet->huge_failed);
	return false;
}

/* Children that did not end, and requests without an answer: the child for them hangs. */
static uint32_t hung(const struct cost_sheet *sheet)
{
	uint32_t sum = sheet->hung;
	for (int i = 0; i < COST_CLIENTS; i++)
		sum += sheet->service.client[i].hung > 0;
	return sum;
}

/* A full disk ends everything: it would be as full for the next. */
static bool could_write(struct cost_report *report, const struct cost_sheet *sheet)
{
	if (sheet->snapshot.write_error == 0)
		return true;
	snprintf(report->fatal, sizeof report->fatal,
		"the snapshot cannot be written to $TMPDIR or /tmp: %s; let TMPDIR name a "
		"directory "
		"with more room than the heap, or choose a smaller --heap",
		strerror((int)(sheet->snapshot.write_error & 0xffff)));
	return false;
}

static bool is_sound(struct cost_cell *cell, const struct cost_sheet *sheet)
{
	uint64_t wrong = 0;
	for (int i = 0; i < COST_CLIENTS; i++)
		wrong += sheet->service.client[i].wrong;
	cell->corrupt = sheet->snapshot.wrong || wrong;
	if (sheet->snapshot.wrong)
		snprintf(cell->why, sizeof cell->why,
			"corruption: the snapshot is not what the heap was at the fork, from "
			"record %" PRIu64 " on",
			sheet->snapshot.wrong - 1);
	else if (wrong)
		snprintf(cell->why, sizeof cell->why,
			"%" PRIu64 " answers of the server were wrong, or did not come", wrong);
	return !cell->corrupt;
}

static void measure(struct running *running, uint32_t index, uint32_t round)
{
	const struct cost_place *place = &running->grid->place[index];
	struct cost_cell *cell = &running->report->cell[index];
	enum cost_server server = running->report->server;
	const struct cost_order_of how = {running->options->seed, round,
		running->options->cost.effort, server, running->options->cost.port};
	const struct cost_context context = {place->threads, place->method, server};
	uint64_t begin = monotonic_ns();
	int error = cost_measure(place, &how, running->sheet, cell);
	double took = seconds_since(begin);
	cell->seconds += took;
	if (took > running->longest_s[index])
		running->longest_s[index] = took;
	if (error == 0 && !could_write(running->report, running->sheet))
		return;
	if (error == 0 && is_sound(cell, running->sheet) &&
		is_what_was_asked(cell, running->sheet)) {
		cost_rounds_add(&running->rounds[index], running->sheet, &context);
		cell->hung += hung(running->sheet);
	} else if (error != -EINTR) {
		cell->failed++;
	}
	running->order[running->report->order_length++] = index;
}

/* Whether the cell's next round can be expected to end in time. */
static bool is_time_for(const struct running *running, uint32_t index)
{
	double budget = running->options->budget_s;
	return budget == 0 ||
	       seconds_since(running->begin_ns) + running->longest_s[index] <= budget;
}

/* After a failure or a hang the cell is not tried again: it would take as long, and fail as well.
 */
static void run_round(struct running *running, uint32_t round, struct progress *progress)
{
	size_t count = running->grid->places;
	uint32_t *shuffled = malloc((count + 1) * sizeof *shuffled);
	if (!shuffled)
		return;
	cost_grid_order(shuffled, count, running->options->seed, round);
	for (size_t i = 0; i < count && !interrupt_came() && !running->report->fatal[0]; i++) {
		const struct cost_cell *cell = &running->report->cell[shuffled[i]];
		if (cell->failed || cell->hung)
			continue;
		if (!is_time_for(running, shuffled[i])) {
			running->report->cut = true;
			continue;
		}
		progress_cost(progress, cell->allocator, round * count + i + 1,
			count * running->options->cost.rounds);
		measure(running, shuffled[i], round);
	}
	free(shuffled);
}

static bool prepare(struct running *running)
{
	size_t places = running->grid->places;
	running->report->cell = calloc(places + 1, sizeof *running->report->cell);
	running->rounds = calloc(places + 1, sizeof *running->rounds);
	running->longest_s = calloc(places + 1, sizeof *running->longest_s);
	running->order = calloc(places * running->options->cost.rounds + 1, sizeof *running->order);
	running->sheet = malloc(sizeof *running->sheet);
	running->report->order = running->order;
	return running->report->cell && running->rounds && running->longest_s && running->order &&
	       running->sheet;
}

static void run_all(struct running *running)
{
	struct cost_report *report = running->report;
	struct progress progress;
	progress_begin(&progress, !running->options->quiet);
	for (uint32_t round = 0; round < running->options->cost.rounds && !interrupt_came();
		round++)
		run_round(running, round, &progress);
	progress_end(&progress);
	for (size_t i = 0; i < report->cells; i++)
		cost_summarize(&report->cell[i], &running->rounds[i]);
	cost_judge_machine(report);
	report->partial = interrupt_came();
	report->seconds = seconds_since(running->begin_ns);
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

int cost_run(
	struct cost_report *report, const struct options *options, const struct cost_grid *grid)
{
	struct running running = {
		.report = report, .options = options, .grid = grid, .begin_ns = monotonic_ns()};
	report->seed = options->seed;
	report->budget_s = options->budget_s;
	report->rounds = options->cost.rounds;
	report->cells = grid->places;
	report->server = server_of(options);
	snprintf(report->note, sizeof report->note, "%s", grid->note);
	bool prepared = prepare(&running);
	if (prepared) {
		name_cells(&running);
		run_all(&running);
	}
	free(running.rounds);
	free(running.longest_s);
	free(running.sheet);
	return prepared ? 0 : -ENOMEM;
}

void cost_run_free(struct cost_report *report)
{
	free(report->cell);
	free((void *)report->order);
	report->cell = NULL;
	report->order = NULL;
}
