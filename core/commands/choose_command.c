/* Which allocator for a server that forks. */
#include "choose_print.h"
#include "choose_safety.h"
#include "command.h"
#include "command_output.h"
#include "command_runners.h"
#include "cost_common.h"
#include "cost_environment.h"
#include "cost_load.h"
#include "cost_run.h"
#include "host.h"
#include "interrupt.h"
#include "loopback_port.h"
#include "meminfo.h"
#include "monotonic.h"
#include "plot.h"
#include "progress.h"
#include "status.h"
#include "supervisor.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOADED_MAX = OPTIONS_NAMES_MAX * 2 };

/* The share of the safety check: an allocator that hangs need not be measured. */
static const double safety_share = 0.65;

struct choose_run {
	const struct catalogue *catalogue;
	struct options options;
	struct choose_report report;
	struct chosen_allocators chosen;
	struct cost_report costs; /* measured */
	struct cost_cell *loaded; /* from a file */
	struct output output;
	struct progress progress;
	uint64_t begin_ns;
	char error[ERROR_MAX];
};

/* ---- Costs from a file ---- */

/* Without figures of this server nothing can be ranked: the safety check would be wasted. */
static bool has_server_figures(struct choose_run *c, size_t count)
{
	const struct choose_server *server = choose_server(c->options.choose.server);
	for (size_t i = 0; i < count; i++)
		if (!isnan(c->loaded[i].estimate[server->criterion[0].figure].value))
			return true;
	snprintf(c->error, sizeof(c->error),
		"--from %s: the file has no figures for a %s server; measure them with 'forklab "
		"cost "
		"--server %s --format json'",
		c->options.choose.from, server->name, server->name);
	return false;
}

static int load_costs(struct choose_run *c)
{
	const struct cost_options *cost = &c->options.cost;
	const char *name[LOADED_MAX] = {NULL};
	bool named = c->options.alloc.count > 0;
	size_t count = 0;
	for (size_t i = 0; i < c->options.alloc.count; i++)
		name[i] = c->options.alloc.name[i];
	c->loaded = calloc(LOADED_MAX, sizeof(*c->loaded));
	if (!c->loaded)
		return -ENOMEM;
	int status = cost_load(c->options.choose.from, cost->thread[0], cost->heap[0], name,
		named ? c->options.alloc.count : 0, c->loaded, LOADED_MAX, &count, &c->report.noisy,
		c->error, sizeof(c->error));
	if (status == 0 && !has_server_figures(c, count))
		status = -EINVAL;
	/* Those of the file are the ones to check, so this build must have them. */
	for (size_t i = 0; status == 0 && !named && i < count && i < OPTIONS_NAMES_MAX; i++)
		snprintf(c->options.alloc.name[c->options.alloc.count++], SHM_NAME_MAX, "%.31s",
			c->loaded[i].allocator);
	return status;
}

/* ---- The steps ---- */

static int prepare(struct choose_run *c)
{
	const struct cost_options *cost = &c->options.cost;
	struct choose_report *report = &c->report;
	int status = c->options.choose.from ? load_costs(c) : 0;
	if (status == 0)
		status = command_choose_allocators(
			&c->chosen, &c->options, c->catalogue, false, c->error, sizeof(c->error));
	if (status != 0)
		return status;
	host_describe(&report->host);
	report->server = choose_server(c->options.choose.server);
	report->weight = c->options.choose.weight;
	report->threads = cost->thread[0];
	report->heap_bytes = cost->heap[0];
	report->seed = c->options.seed;
	report->from = c->options.choose.from;
	report->other_environment = report->from &&
				    cost_environment_load(report->from, &report->from_host) == 0 &&
				    !host_same_environment(&report->host, &report->from_host);
	report->choices = c->chosen.count;
	report->choice = calloc(c->chosen.count + 1, sizeof(*report->choice));
	return report->choice ? 0 : -ENOMEM;
}

/* The safety check needs names; the figures come later. */
static void name_choices(struct choose_run *c, struct cost_cell *cells)
{
	for (size_t i = 0; i < c->chosen.count; i++) {
		snprintf(cells[i].allocator, sizeof(cells)[i].allocator, "%s",
			c->chosen.allocator[i]->name);
		cells[i].link = c->chosen.allocator[i]->link;
		c->report.choice[i].cell = &cells[i];
	}
}

static struct cost_cell *cell_of(struct cost_cell *cells, size_t count, const char *allocator)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(cells[i].allocator, allocator) == 0)
			return &cells[i];
	return NULL;
}

static void assign_costs(struct choose_run *c, struct cost_cell *cells, size_t count)
{
	for (size_t i = 0; i < c->report.choices; i++) {
		struct choice *choice = &c->report.choice[i];
		const struct cost_cell *cell = cell_of(cells, count, choice->cell->allocator);
		if (!cell)
			continue;
		choice->cell = cell;
		/* A finding of the safety check has a command that shows it again: keep it. */
		if (choice->out || !(cell->corrupt || cell->cut || cell->hung))
			continue;
		choice->out = true;
		choice->safety = cell->corrupt ? SAFETY_CORRUPT
				 : cell->cut   ? SAFETY_CUT
					       : SAFETY_HUNG;
	}
}

/* The costs of the allocators that passed the safety check. */
static int measure_costs(struct choose_run *c, double budget_s)
{
	const struct catalogue_allocator **in =
		calloc(c->chosen.count + 1, sizeof(struct catalogue_allocator *));
	struct cost_grid grid;
	size_t count = 0;
	if (!in)
		return -ENOMEM;
	for (size_t i = 0; i < c->chosen.count; i++)
		if (!c->report.choice[i].out)
			in[count++] = c->chosen.allocator[i];
	c->options.budget_s = budget_s;
	c->costs.host = c->report.host;
	int status = cost_grid_make(
		&grid, &c->options, in, count, meminfo_available(), c->error, sizeof(c->error));
	if (status == 0)
		status = cost_run(&c->costs, &c->options, &grid, &c->progress.hooks);
	cost_grid_free(&grid);
	free(in);
	if (status == 0 && c->costs.fatal[0]) {
		snprintf(c->error, sizeof(c->error), "%s", c->costs.fatal);
		status = -ENOSPC;
	}
	if (status == 0)
		assign_costs(c, c->costs.cell, c->costs.cells);
	c->report.noisy = c->costs.noisy;
	return status;
}

static int choose(struct choose_run *c)
{
	double budget = c->options.budget_s, weight[CHOOSE_CLASSES];
	progress_begin(&c->progress, &c->options);
	int status = choose_safety_run(c->report.choice, c->chosen.count, c->report.server,
		&c->options, c->catalogue, budget * safety_share, &c->progress.hooks,
		&c->report.controls_passed, c->error, sizeof(c->error));
	double spent = seconds_since(c->begin_ns);
	double left = budget == 0 ? 0 : fmax(budget - spent, budget * (1 - safety_share));
	if (status == 0 && c->loaded)
		assign_costs(c, c->loaded, LOADED_MAX);
	else if (status == 0)
		status = measure_costs(c, left);
	progress_end(&c->progress);
	c->report.partial = interrupt_received();
	if (status != 0 && !c->report.partial)
		return status;
	choose_weights(weight, c->report.weight);
	choose_rank(c->report.choice, c->report.choices, c->report.server, weight);
	c->report.seconds = seconds_since(c->begin_ns);
	return 0;
}

/* ---- The result ---- */

/* A file with costs has no distributions. */
static unsigned plot_files(const struct options *options)
{
	unsigned measured = options->choose.from ? 0 : PLOT_DISTRIBUTIONS | PLOT_REQUESTS;
	return PLOT_PARETO | measured;
}

static int print(struct choose_run *c)
{
	struct print_options print_options = command_print_options(&c->options);
	if (supervisor_is_gone())
		return STATUS_BROKEN;
	int status = command_commit(&c->output,
		choose_print(c->output.stream, c->options.format, &c->report, &print_options));
	if (status == STATUS_OK)
		status =
			cost_draw_plot(&c->options, plot_files(&c->options), &c->costs, &c->report);
	if (status == STATUS_OK)
		status = command_status(
			c->report.partial, c->report.controls_passed ? STATUS_OK : STATUS_BROKEN);
	return status;
}

/* The memory and the port are checked before the safety check takes its minutes. */
static int check_resources(struct choose_run *c)
{
	struct cost_grid grid;
	if (c->options.choose.from)
		return 0;
	if (!loopback_port_is_free(c->options.cost.port, c->error, sizeof(c->error)))
		return -EADDRINUSE;
	int status = cost_grid_make(&grid, &c->options, c->chosen.allocator, c->chosen.count,
		meminfo_available(), c->error, sizeof(c->error));
	cost_grid_free(&grid);
	return status;
}

static int choose_and_print(struct choose_run *c)
{
	struct cost_cell *names = calloc(c->chosen.count + 1, sizeof(*names));
	int failed = -ENOMEM;
	if (names) {
		name_choices(c, names);
		failed = choose(c);
	}
	int status =
		failed ? command_error(failed == -ENOSPC ? STATUS_USAGE : STATUS_BROKEN, c->error)
		       : print(c);
	free(names);
	return status;
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	struct choose_run *c = calloc(1, sizeof(*c));
	int status = STATUS_USAGE;
	if (!c)
		return command_error(STATUS_BROKEN, "no memory");
	c->catalogue = catalogue;
	c->options = *options;
	c->begin_ns = monotonic_ns();
	snprintf(c->error, sizeof(c->error), "no memory");
	if (prepare(c) != 0 || check_resources(c) != 0 ||
		cost_prepare_plot(options, plot_files(options), c->error, sizeof(c->error)) != 0 ||
		output_open(&c->output, options->output, c->error, sizeof(c->error)) != 0)
		(void)command_error(status, c->error);
	else
		status = choose_and_print(c);
	output_abandon(&c->output);
	cost_run_free(&c->costs);
	free(c->report.choice);
	free(c->chosen.allocator);
	free(c->loaded);
	free(c);
	return status;
}

/* Checks what cannot be chosen by. One config of the grid, not a cross. */
static int complete(struct options *options, const struct option_error *error)
{
	struct cost_options *cost = &options->cost;
	if (cost_check_port(options, error) != 0)
		return -EINVAL;
	if (!options->choose.has_server)
		return option_error_set(
			error, "choose needs to know what for: --server prefork, snapshot or pool");
	if (cost->threads > 1 || cost->heaps > 1)
		return option_error_set(
			error, "choose takes one number of --threads and one size of --heap");
	if (cost->threads == 1 && cost->thread[0] == 0)
		return option_error_set(error,
			"choose needs at least one background thread: without threads no fork "
			"is dangerous; give --threads 1 or more");
	if (cost->threads == 0)
		cost->thread[cost->threads++] = 4;
	if (cost->heaps == 0)
		cost->heap[cost->heaps++] = UINT64_C(32) << 20;
	cost->pages = 1;
	return 0;
}

const struct command command_choose = {
	.name = "choose",
	.summary = "recommend an allocator for a forking server, from measurements",
	.about = "Measures verdicts and costs for a kind of server, and recommends an "
		 "allocator. An allocator whose children can hang, crash or corrupt memory"
		 " is never recommended.",
	.example = {"forklab choose --server prefork --quick",
		"forklab choose --server snapshot --heap 256M"},
	.note = {{KEY_THREADS, "Background threads: one number (4)"},
		{KEY_HEAP, "Live heap: one size (32M)"},
		{KEY_SERVER,
			"prefork (a child for each connection), snapshot (a child that writes the"
			" heap) or pool (long-lived children)"},
		{KEY_BUDGET, "End after about that time, with fewer rounds or cells (140)"},
		{KEY_QUICK, "--budget 45, with fewer rounds"},
		{KEY_THOROUGH, "More rounds and trials, and no budget"}},
	.option = {EFFORT_OPTIONS, STORE_OPTIONS, KEY_SEED, KEY_MEMORY, KEY_NO_AIM, KEY_DEADLINE,
		KEY_THREADS, KEY_HEAP, KEY_ROUNDS, KEY_SERVER, KEY_PORT, KEY_WEIGHT, KEY_FROM,
		KEY_PLOT},
	.formats = 1U << OUTPUT_TEXT | 1U << OUTPUT_JSON,
	.mode = {MODE_STRESS, MODE_SWEEP},
	.modes = 2,
	.fork_only = true,
	.defaults =
		{
			[EFFORT_NORMAL] = {.trials = 40, .budget_s = 140, .rounds = 5},
			[EFFORT_QUICK] = {.trials = 20, .budget_s = 45, .rounds = 3},
			[EFFORT_THOROUGH] = {.trials = 20000, .rounds = 9},
		},
	.complete = complete,
	.run = run,
};
