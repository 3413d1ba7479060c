/* Which points of a grid the plots show. Pure. */
#pragma once

#include "cost_model.h"
#include "palette.h"

enum { PLOT_VALUES_MAX = 32 };

/* The values of a report's grid, ascending; and its middle, through which lines are drawn. */
struct plot_grid {
	size_t columns; /* allocators and fork methods */
	size_t threads, heaps;
	uint32_t thread[PLOT_VALUES_MAX], middle_threads;
	uint64_t heap[PLOT_VALUES_MAX], middle_heap;
	bool huge; /* the grid has huge pages only; otherwise cells with normal pages are shown */
};

/* The middle is 4 threads and 32 MiB, if the grid has them. */
struct plot_grid plot_grid_of(const struct cost_report *report);

/* The cell of a column at that point; NULL: there is none, or it was not measured. */
const struct cost_cell *plot_cell(const struct cost_report *report, const struct plot_grid *grid,
	size_t column, uint32_t threads, uint64_t heap_bytes);

/* "32 MiB", in the largest unit that needs no fraction. */
void plot_heap_name(char *out, size_t size, uint64_t heap_bytes);

/* "4 background threads, 32 MiB of live heap" */
void plot_config_name(char *out, size_t size, const struct plot_grid *grid, uint32_t threads,
	uint64_t heap_bytes);

/* How a column is drawn: in the colour of its allocator, and in a line of its fork method. */
struct plot_style plot_column_style(
	const struct palette *palette, const struct cost_report *report, size_t column);
