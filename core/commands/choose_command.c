#include "choose_command.h"

#include "choose_advice.h"
#include "choose_print.h"
#include "choose_safety.h"
#include "cost_load.h"
#include "cost_run.h"
#include "host.h"
#include "interrupt.h"
#include "loopback_port.h"
#include "meminfo.h"
#include "monotonic.h"
#include "output.h"
#include "plan.h"
#include "plot.h"
#include "status.h"
#include "supervisor.h"
#include "terminal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_MAX = 1024, ALLOCATORS_MAX = OPTIONS_NAMES_MAX * 2 };

/* Of the budget: an allocator that hangs is not worth measuring. */
static const double safety_share = 0.65;

struct choose_run {
	const struct catalogue *catalogue;
	struct options options;
	struct choose_report report;
	size_t count;
	const struct catalogue_allocator *allocator[ALLOCATORS_MAX];
	struct cost_report costs; /* measured */
	struct cost_cell *loaded; /* from a file */
	struct output output;
	uint64_t begin_ns;
	char error[ERROR_MAX];
};

static double seconds_since(uint64_t begin_ns)
{
	return (double)(monotonic_ns() - begin_ns) / 1e9;
}

/* ---- Which allocators ---- */

/* The names that --alloc lists, or those of the file, or the real ones. */
static int choose_allocators(struct choose_run *c)
{
	int status = plan_allocators(&c->options.alloc, c->catalogue, c->allocator, &c->count,
		c->error, sizeof c->error);
	c->count = plan_without_variants(&c->options.alloc, c->allocator, c->count);
	for (size_t i = 0; status == 0 && i < c->count; i++)
		if (!catalogue_runner_matches(c->allocator[i], c->error, sizeof c->error))
			status = -EINVAL;
	return status;
}

/* ---- Costs from a file ---- */

/* A file of another server, or of none, would have nobody ranked, and the gate tried for nothing.
 */
static bool has_server_figures(struct choose_run *c, size_t count)
{
	const struct choose_server *server = choose_server(c->options.choose.server);
	for (size_t i = 0; i < count; i++)
		if (!isnan(c->loaded[i].estimate[server->criterion[0].figure].value))
			return true;
	snprintf(c->error, sizeof c->error,
		"--from %s: it has no figures of a %s server; measure them with 'forklab cost "
		"--server %s --format json'",
		c->options.choose.from, server->name, server->name);
	return false;
}

static int load_costs(struct choose_run *c)
{
	const struct cost_options *cost = &c->options.cost;
	const char *name[ALLOCATORS_MAX] = {NULL};
	bool named = c->options.alloc.count > 0;
	size_t count = 0;
	for (size_t i = 0; i < c->options.alloc.count; i++)
		name[i] = c->options.alloc.name[i];
	c->loaded = calloc(ALLOCATORS_MAX, sizeof *c->loaded);
	if (!c->loaded)
		return -ENOMEM;
	int status = cost_load(c->options.choose.from, cost->thread[0], cost->heap[0], name,
		named ? c->options.alloc.count : 0, c->loaded, ALLOCATORS_MAX, &count,
		&c->report.noisy, c->error, sizeof c->error);
	if (status == 0 && !has_server_figures(c, count))
		status = -EINVAL;
	/* The gate tries those of the file: they must be here. */
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
		status = choose_allocators(c);
	if (status != 0)
		return status;
	host_describe(&report->host);
	report->server = choose_server(c->options.choose.server);
	report->weight = c->options.choose.weight;
	report->threads = cost->thread[0];
	report->heap_bytes = cost->heap[0];
	report->seed = c->options.seed;
	report->from = c->options.choose.from;
	report->choices = c->count;
	report->choice = calloc(c->count + 1, sizeof *report->choice);
	return report->choice ? 0 : -ENOMEM;
}

/* Names for the gate, until there are figures. */
static int name_choices(struct choose_run *c, struct cost_cell *cells)
{
	for (size_t i = 0; i < c->count; i++) {
		snprintf(
			cells[i].allocator, sizeof cells[i].allocator, "%s", c->allocator[i]->name);
		snprintf(cells[i].link, sizeof cells[i].link, "%s", c->allocator[i]->link);
		c->report.choice[i].cell = &cells[i];
	}
	return 0;
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
		/* What the gate has found can be had again by its command. */
		if (choice->out)
			continue;
		choice->out = cell->corrupt || cell->hung;
		if (cell->corrupt)
			snprintf(choice->safety, sizeof choice->safety, "%s", cell->why);
		else if (cell->hung)
			snprintf(choice->safety, sizeof choice->safety,
				"children did not come to their end while costs were measured");
	}
}

/* Of those that came through. */
static int measure_costs(struct choose_run *c, double budget_s)
{
	const struct catalogue_allocator *in[ALLOCATORS_MAX];
	struct cost_grid grid;
	size_t count = 0;
	for (size_t i = 0; i < c->count; i++)
		if (!c->report.choice[i].out)
			in[count++] = c->allocator[i];
	c->options.budget_s = budget_s;
	c->costs.host = c->report.host;
	int status = cost_grid_make(
		&grid, &c->options, in, count, meminfo_available(), c->error, sizeof c->error);
	if (status == 0)
		status = cost_run(&c->costs, &c->options, &grid);
	cost_grid_free(&grid);
	if (status == 0 && c->costs.fatal[0]) {
		snprintf(c->error, sizeof c->error, "%s", c->costs.fatal);
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
	int status = choose_safety_run(c->report.choice, c->count, c->report.server, &c->options,
		c->catalogue, budget * safety_share, &c->report.controls_passed, c->error,
		sizeof c->error);
	double spent = seconds_since(c->begin_ns);
	double left = budget == 0 ? 0 : fmax(budget - spent, budget * (1 - safety_share));
	if (status == 0 && c->loaded)
		assign_costs(c, c->loaded, ALLOCATORS_MAX);
	else if (status == 0)
		status = measure_costs(c, left);
	c->report.partial = interrupt_received();
	if (status != 0 && !c->report.partial)
		return status;
	choose_weights(weight, c->report.weight);
	choose_rank(c->report.choice, c->report.choices, c->report.server, weight);
	choose_advise(&c->report);
	c->report.seconds = seconds_since(c->begin_ns);
	return 0;
}

/* ---- Drawings ---- */

/* Of costs from a file there are no distributions. */
static struct plot plot_of(const struct choose_run *c)
{
	unsigned measured = c->options.choose.from ? 0 : PLOT_DISTRIBUTIONS | PLOT_REQUESTS;
	return (struct plot){c->options.plot_dir, PLOT_PARETO | measured};
}

static int prepare_plot(struct choose_run *c)
{
	const struct plot plot = plot_of(c);
	return c->options.plot_dir ? plot_prepare(&plot, c->error, sizeof c->error) : 0;
}

static int draw(struct choose_run *c)
{
	const struct plot plot = plot_of(c);
	if (!c->options.plot_dir)
		return STATUS_OK;
	int status = plot_draw(
		&plot, &c->costs, &c->report, stderr, c->options.quiet, c->error, sizeof c->error);
	if (status != 0)
		fprintf(stderr, "forklab: %s\n", c->error);
	return status == -EINTR ? STATUS_SIGNAL + interrupt_signal()
	       : status         ? STATUS_BROKEN
				: STATUS_OK;
}

/* ---- The result ---- */

static int print(struct choose_run *c)
{
	struct print_options print_options = terminal_print_options(&c->options);
	if (supervisor_is_gone())
		return STATUS_BROKEN;
	if (choose_print(c->output.stream, c->options.format, &c->report, &print_options) != 0) {
		snprintf(c->error, sizeof c->error, "the result cannot be written");
		return STATUS_BROKEN;
	}
	if (output_commit(&c->output, c->error, sizeof c->error) != 0)
		return STATUS_BROKEN;
	int drawn = draw(c);
	if (drawn != STATUS_OK)
		return drawn;
	if (c->report.partial)
		return STATUS_SIGNAL + interrupt_signal();
	return c->report.controls_passed ? STATUS_OK : STATUS_BROKEN;
}

/* Room for the memory, and the port, are asked for before minutes are spent at the gate. */
static int check_resources(struct choose_run *c)
{
	struct cost_grid grid;
	if (c->options.choose.from)
		return 0;
	if (!loopback_port_is_free(c->options.cost.port, c->error, sizeof c->error))
		return -EADDRINUSE;
	int status = cost_grid_make(&grid, &c->options, c->allocator, c->count, meminfo_available(),
		c->error, sizeof c->error);
	cost_grid_free(&grid);
	return status;
}

static int run(struct choose_run *c)
{
	struct cost_cell *names = NULL;
	int status = STATUS_USAGE;
	if (prepare(c) == 0 && check_resources(c) == 0 && prepare_plot(c) == 0 &&
		output_open(&c->output, c->options.output, c->error, sizeof c->error) == 0) {
		names = calloc(c->count + 1, sizeof *names);
		int failed = names ? name_choices(c, names) : -ENOMEM;
		if (!failed)
			failed = choose(c);
		status = failed == -ENOSPC ? STATUS_USAGE : failed ? STATUS_BROKEN : print(c);
	}
	output_abandon(&c->output);
	free(names);
	return status;
}

int choose_command(const struct catalogue *catalogue, const struct options *options)
{
	struct choose_run *c = calloc(1, sizeof *c);
	if (!c) {
		fprintf(stderr, "forklab: no memory\n");
		return STATUS_BROKEN;
	}
	c->catalogue = catalogue;
	c->options = *options;
	c->begin_ns = monotonic_ns();
	snprintf(c->error, sizeof c->error, "no memory");
	int status = run(c);
	bool failed_early =
		status == STATUS_USAGE || (status == STATUS_BROKEN && !c->report.advice[0]);
	if (failed_early)
		fprintf(stderr, "forklab: %s\n", c->error);
	cost_run_free(&c->costs);
	free(c->report.choice);
	free(c->loaded);
	free(c);
	return status;
}
