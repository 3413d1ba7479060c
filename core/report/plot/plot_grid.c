#include "plot_grid.h"

#include "cost_print.h"
#include "strbuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFERRED_THREADS = 4 };
static const uint64_t preferred_heap = UINT64_C(32) << 20;

static int ascending(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

/* Adds a value to list[*count], sorted, unless it is there or there is no room. */
static void insert(uint64_t *list, size_t *count, uint64_t value)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i] == value)
			return;
	if (*count == PLOT_VALUES_MAX)
		return;
	list[(*count)++] = value;
	qsort(list, *count, sizeof(*list), ascending);
}

static uint64_t middle_of(const uint64_t *list, size_t count, uint64_t preferred)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == preferred)
			return preferred;
	return count ? list[count / 2] : preferred;
}

struct plot_grid plot_grid_of(const struct cost_report *report)
{
	struct plot_grid grid = {.columns = cost_layout(report).columns, .huge = true};
	uint64_t threads[PLOT_VALUES_MAX];
	for (size_t i = 0; i < report->cells; i++)
		grid.huge &= report->cell[i].huge;
	for (size_t i = 0; i < report->cells; i++)
		if (report->cell[i].huge == grid.huge) {
			insert(threads, &grid.threads, report->cell[i].threads);
			insert(grid.heap, &grid.heaps, report->cell[i].heap_bytes);
		}
	for (size_t i = 0; i < grid.threads; i++)
		grid.thread[i] = (uint32_t)threads[i];
	grid.middle_threads = (uint32_t)middle_of(threads, grid.threads, PREFERRED_THREADS);
	grid.middle_heap = middle_of(grid.heap, grid.heaps, preferred_heap);
	return grid;
}

const struct cost_cell *plot_cell(const struct cost_report *report, const struct plot_grid *grid,
	size_t column, uint32_t threads, uint64_t heap_bytes)
{
	const struct cost_layout layout = cost_layout(report);
	for (size_t row = 0; row < layout.rows; row++) {
		const struct cost_cell *cell = cost_cell_at(report, row, column);
		if (cell->threads == threads && cell->heap_bytes == heap_bytes &&
			cell->huge == grid->huge)
			return cell->rounds ? cell : NULL;
	}
	return NULL;
}

void plot_heap_name(char *out, size_t size, uint64_t heap_bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	while (heap_bytes >= 1024 && heap_bytes % 1024 == 0 && unit < 4) {
		heap_bytes /= 1024;
		unit++;
	}
	(void)snprintf(out, size, "%" PRIu64 " %s", heap_bytes, units[unit]);
}

void plot_config_name(
	char *out, size_t size, const struct plot_grid *grid, uint32_t threads, uint64_t heap_bytes)
{
	struct strbuf line = strbuf_init(out, size);
	char heap[32];
	plot_heap_name(heap, sizeof(heap), heap_bytes);
	if (threads)
		strbuf_addf(&line, "%" PRIu32 " background thread%s, ", threads,
			threads > 1 ? "s" : "");
	else
		strbuf_addf(&line, "no background threads, ");
	strbuf_addf(&line, "%s of live heap%s", heap, grid->huge ? " in huge pages" : "");
}

struct plot_style plot_column_style(
	const struct palette *palette, const struct cost_report *report, size_t column)
{
	const struct cost_cell *cell = &report->cell[column];
	struct plot_style style = palette_style(palette, cell->allocator);
	/* The further methods of the same allocator, each in another line. */
	for (size_t i = 0; i < column; i++)
		if (strcmp(report->cell[i].allocator, cell->allocator) == 0)
			style.dash = style.dash % 5 + 1;
	return style;
}
