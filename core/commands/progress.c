#include "progress.h"

#include "command_output.h"
#include "monotonic.h"
#include "shm_map.h"
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REFRESH_NS = 100 * 1000 * 1000 };

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
		snprintf(text, size, "%u points, %" PRIu64 " instructions, %u bad",
			cell->sweep.points, cell->sweep.instructions, tally_bad(cell));
	else
		snprintf(text, size, "%u trials, %u bad", cell->trials, tally_bad(cell));
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
	char index_text[48] = "", counts[96], line[3 * MODEL_NAME_MAX + 256];
	if (!progress->shown || now - progress->last_ns < REFRESH_NS)
		return;
	progress->last_ns = now;
	if (progress->total)
		snprintf(index_text, sizeof(index_text), " %zu/%zu", progress->index,
			progress->total);
	format_counts(counts, sizeof(counts), cell);
	snprintf(line, sizeof(line), "%s%s  %s %s %s  %s  %.0f s", stages[progress->stage],
		index_text, model_subject(cell), cell->scenario, fork_method_name(cell->method),
		counts, (double)(now - progress->begin_ns) / 1e9);
	print_line(line);
}

/* A measurement is shown at once: it has no counts that show() could print later. */
static void next(
	void *context, enum progress_stage stage, size_t index, size_t total, const char *allocator)
{
	struct progress *progress = context;
	char line[3 * MODEL_NAME_MAX];
	progress->stage = stage;
	progress->index = index;
	progress->total = total;
	if (!progress->shown || !allocator)
		return;
	snprintf(line, sizeof(line), "%s %zu/%zu  %s  %.0f s", stages[stage], index, total,
		allocator, (double)(monotonic_ns() - progress->begin_ns) / 1e9);
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
		.hooks = {.next = next, .show = show, .warn = warn, .context = progress},
	};
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
	progress->shown = false;
}
