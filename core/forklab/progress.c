#include "progress.h"

#include "monotonic.h"
#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { EVERY_NS = 100 * 1000 * 1000 };

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

static void show_counts(const struct cell *cell)
{
	if (model_is_sweep(cell))
		fprintf(stderr, "sweep: %u points, %" PRIu64 " instructions, %u bad",
			cell->sweep.points, cell->sweep.instructions, tally_bad(cell));
	else
		fprintf(stderr, "%u trials, %u bad", cell->trials, tally_bad(cell));
}

void progress_show(const struct cell *cell, void *context)
{
	struct progress *progress = context;
	uint64_t now = monotonic_ns();
	if (!progress->shown || now - progress->last_ns < EVERY_NS)
		return;
	progress->last_ns = now;
	fprintf(stderr, "\r\033[K%s", progress->what);
	if (progress->total)
		fprintf(stderr, " %zu/%zu", progress->index, progress->total);
	fprintf(stderr, "  %s %s %s  ", cell->allocator, cell->scenario, cell->method);
	show_counts(cell);
	fprintf(stderr, "  %.0f s", (double)(now - progress->begin_ns) / 1e9);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fprintf(stderr, "\r\033[K");
	progress->shown = false;
}
