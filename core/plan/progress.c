#include "progress.h"

#include "monotonic.h"
#include "shm_map.h"
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REFRESH_NS = 100 * 1000 * 1000 };

void progress_begin(struct progress *progress, bool wanted)
{
	*progress = (struct progress){
		.shown = wanted && isatty(STDERR_FILENO), .begin_ns = monotonic_ns(), .what = ""};
}

void progress_controls(struct progress *progress)
{
	progress->what = "controls";
}

void progress_next(
	struct progress *progress, const struct cell_plan *plan, size_t index, size_t total)
{
	(void)plan;
	progress->what = "cell";
	progress->index = index;
	progress->total = total;
}

/* A line that is wider than the terminal could not be removed again. */
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

void progress_show(const struct cell *cell, void *context)
{
	struct progress *progress = context;
	uint64_t now = monotonic_ns();
	char index_text[48] = "", counts[96], line[3 * MODEL_NAME_MAX + 256];
	if (!progress->shown || now - progress->last_ns < REFRESH_NS)
		return;
	progress->last_ns = now;
	if (progress->total)
		snprintf(index_text, sizeof index_text, " %zu/%zu", progress->index,
			progress->total);
	format_counts(counts, sizeof counts, cell);
	snprintf(line, sizeof line, "%s%s  %s %s %s  %s  %.0f s", progress->what, index_text,
		model_subject(cell), cell->scenario, fork_method_name(cell->method), counts,
		(double)(now - progress->begin_ns) / 1e9);
	fprintf(stderr, "\r\033[K%.*s", terminal_columns(), line);
	fflush(stderr);
}

void progress_cost(struct progress *progress, const char *allocator, size_t index, size_t total)
{
	char line[3 * MODEL_NAME_MAX];
	if (!progress->shown)
		return;
	snprintf(line, sizeof line, "measurement %zu/%zu  %s  %.0f s", index, total, allocator,
		(double)(monotonic_ns() - progress->begin_ns) / 1e9);
	fprintf(stderr, "\r\033[K%.*s", terminal_columns(), line);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
	progress->shown = false;
}
