#include "progress.h"

#include "command_output.h"
#include "monotonic.h"
#include "shm_map.h"
#include "tally.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REFRESH_NS = 100 * 1000 * 1000, PLACE_MAX = 96, TIME_MAX = 64 };

static const char *const stages[] = {
	[PROGRESS_CONTROLS] = "controls",
	[PROGRESS_CELL] = "cell",
	[PROGRESS_MEASUREMENT] = "measurement",
};

/* A line that wraps could not be removed. */
static int terminal_columns(void)
{
	struct winsize size;
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
	return known ? size.ws_col - 1 : 79;
}

static void format_counts(char *text, size_t size, const struct cell *cell)
{
	if (model_is_sweep(cell))
		snprintf(text, size, "%u points, %u bad", cell->sweep.points, tally_bad(cell));
	else
		snprintf(text, size, "%u trials, %u bad", cell->trials, tally_bad(cell));
}

/* "cell 3/16, 1/8 rows done" */
static void format_place(char *text, size_t size, const struct progress_place *place)
{
	char rows[PLACE_MAX / 2] = "";
	if (place->rows)
		snprintf(rows, sizeof(rows), ", %zu/%zu rows done", place->rows_done, place->rows);
	if (place->total)
		snprintf(text, size, "%s %zu/%zu%s", stages[place->stage], place->index,
			place->total, rows);
	else
		snprintf(text, size, "%s", stages[place->stage]);
}

/* What is left of the budget is an upper bound: most cells need less than their share. */
static void format_time(char *text, size_t size, const struct progress *progress, uint64_t now)
{
	double past_s = (double)(now - progress->begin_ns) / 1e9;
	if (progress->budget_s > past_s)
		snprintf(text, size, "at most %.0f s left", progress->budget_s - past_s);
	else
		snprintf(text, size, "%.0f s", past_s);
}

static void print_line(const char *line)
{
	fprintf(stderr, "\r\033[K%.*s", terminal_columns(), line);
	fflush(stderr);
}

static void show(const struct cell *cell, void *context)
{
	struct progress *progress = context;
	uint64_t now = monotonic_ns();
	char counts[96], line[3 * MODEL_NAME_MAX + 256], where[PLACE_MAX], time[TIME_MAX];
	if (!progress->shown || now - progress->last_ns < REFRESH_NS)
		return;
	progress->last_ns = now;
	format_counts(counts, sizeof(counts), cell);
	format_place(where, sizeof(where), &progress->place);
	format_time(time, sizeof(time), progress, now);
	snprintf(line, sizeof(line), "%s, %s  %s %s %s  %s", where, time, model_subject(cell),
		cell->scenario, fork_method_name(cell->method), counts);
	print_line(line);
}

/* A measurement is shown at once: it has no counts that show() could print later. */
static void next(void *context, const struct progress_place *place)
{
	struct progress *progress = context;
	char line[3 * MODEL_NAME_MAX], where[PLACE_MAX], time[TIME_MAX];
	progress->place = *place;
	if (!progress->shown || !place->allocator)
		return;
	format_place(where, sizeof(where), place);
	format_time(time, sizeof(time), progress, monotonic_ns());
	snprintf(line, sizeof(line), "%s, %s  %s", where, time, place->allocator);
	print_line(line);
}

static void warn(const char *sentence)
{
	(void)command_error(0, sentence);
}

void progress_begin(struct progress *progress, const struct options *options)
{
	*progress = (struct progress){
		/* The line is removed by an escape sequence. */
		.shown = !options->quiet && isatty(STDERR_FILENO) && !command_terminal_is_dumb(),
		.begin_ns = monotonic_ns(),
		.budget_s = options->budget_s,
		.hooks = {.next = next, .show = show, .warn = warn, .context = progress},
	};
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
	progress->shown = false;
}
