/*
 * A report with both modes, built by hand: 4 allocators by 2 scenarios under _Fork(). The cell 2 *
 *n is the stress and 2 * n + 1 the sweep of the pair n:
 *
 *	0 glibc / basic       stress missed the only window
 *	1 glibc / signal      both deadlock; of 12 windows 2 are kept
 *	2 jemalloc / basic    both clean, the sweep is complete
 *	3 jemalloc / signal   only stress found something
 *	4 mimalloc / basic    the sweep was cut
 *	5 mimalloc / signal   the sweep was skipped
 *	6 tcmalloc / basic    the sweep is broken
 *	7 tcmalloc / signal   the sweep was sampled
 */
#pragma once

#include "report_fixture.h"

enum { SWEEP_RESULTS = 8, SWEEP_CELLS = 2 * SWEEP_RESULTS };

static struct window windows[3];

static inline struct cell *stress_of(size_t pair)
{
	return &cells[2 * pair];
}

static inline struct cell *sweep_of(size_t pair)
{
	return &cells[2 * pair + 1];
}

static inline void set_points(struct cell *cell, uint32_t tried, uint32_t waited, uint32_t left_out)
{
	memset(cell->count, 0, sizeof(cell->count));
	cell->verdict = VERDICT_OK;
	cell->trials = tried;
	cell->count[VERDICT_OK] = tried;
	cell->sweep.tried = tried;
	cell->sweep.waited = waited;
	cell->sweep.left_out = left_out;
	cell->sweep.points = tried + waited + left_out;
}

static inline void make_sweep(struct cell *cell)
{
	cell->mode = CELL_SWEEP;
	cell->planned = cell->aimed = 0;
	cell->sweep.instructions = 25431;
	cell->sweep.complete = true;
	cell->sweep.coverage = (struct coverage){1234, 56, 12, 4};
	set_points(cell, 954, 0, 0);
}

static inline void make_windows(
	struct cell *cell, uint32_t bad, struct window *window, size_t count, uint32_t lost)
{
	struct finding *finding = &cell->finding;
	make_hang(cell, bad);
	finding->trial = 210;
	(void)snprintf(finding->command, sizeof(finding->command),
		"forklab sweep -a %s -s %s -m %s --point 210 --seed 1", cell->allocator,
		cell->scenario, fork_method_name(cell->method));
	cell->sweep.window = window;
	cell->sweep.windows = count;
	cell->sweep.windows_lost = lost;
}

static inline void make_window(struct window *window, uint32_t first, uint32_t last)
{
	*window = (struct window){
		.first = first,
		.last = last,
		.first_instruction = 10 * (uint64_t)first,
		.end_instruction = 10 * (uint64_t)last + 10,
		.verdict = VERDICT_DEADLOCK,
		.proven = last - first + 1,
	};
	window->step = CHILD_STEP_FREE_OTHERS;
	window->call = (struct heap_call){OP_MALLOC, 1500};
	window->owner = (struct thread_role){THREAD_WORKER, 1};
	fill(window->worker, sizeof(window->worker), "_int_malloc+0x1f");
	fill(window->lock, sizeof(window->lock), "main_arena");
	fill(window->waiter, sizeof(window->waiter), "libc.so.6+0x8701b");
}

static inline void make_crash(struct cell *cell, uint32_t crashes)
{
	make_hang(cell, crashes);
	cell->verdict = cell->finding.verdict = VERDICT_CRASH;
	cell->count[VERDICT_DEADLOCK] = 0;
	cell->count[VERDICT_CRASH] = crashes;
	cell->proven = 0;
	cell->finding.certainty = CERTAINTY_NONE;
	cell->finding.cause = CAUSE_SIGNAL;
}

static inline int make_sweep_report(void **state)
{
	static const char *const names[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc"};
	(void)make_report(state);
	for (size_t i = 0; i < SWEEP_CELLS; i++) {
		make_cell(&cells[i], i);
		fill(cells[i].allocator, sizeof(cells[i].allocator), names[i / 4]);
		fill(cells[i].scenario, sizeof(cells[i].scenario), scenarios[i / 2 % 2]);
		cells[i].method = METHOD__FORK;
		if (i % 2)
			make_sweep(&cells[i]);
	}
	make_window(&windows[0], 210, 221);
	make_window(&windows[1], 17, 17);
	make_window(&windows[2], 300, 400);
	windows[2].verdict = VERDICT_LIVELOCK;
	windows[2].left_out = 90;
	windows[2].proven = 0;
	windows[2].owner = (struct thread_role){0};
	windows[2].lock[0] = '\0';
	make_windows(sweep_of(0), 12, &windows[0], 1, 0);
	make_hang(stress_of(1), 37);
	set_points(sweep_of(1), 900, 52, 0);
	make_windows(sweep_of(1), 44, &windows[1], 2, 10);
	make_crash(stress_of(3), 2);
	set_points(sweep_of(4), 500, 0, 0);
	sweep_of(4)->cut = true;
	sweep_of(4)->sweep.complete = false;
	make_skipped(sweep_of(5), "no stepping on aarch64");
	sweep_of(5)->sweep = (struct sweep){0};
	make_skipped(sweep_of(6), "");
	sweep_of(6)->verdict = VERDICT_BROKEN;
	sweep_of(6)->skip = (struct skip){0};
	sweep_of(6)->has_finding = true;
	sweep_of(6)->finding.cause = CAUSE_NO_SEQUENCE;
	sweep_of(6)->sweep = (struct sweep){0};
	set_points(sweep_of(7), 900, 0, 54);
	report.cells = SWEEP_CELLS;
	report.notes = 0;
	return 0;
}

/* Leaves only the cells of one mode in the report. */
static inline void keep_mode(bool sweep)
{
	for (size_t i = 0; i < SWEEP_RESULTS; i++)
		cells[i] = sweep ? *sweep_of(i) : *stress_of(i);
	report.cells = SWEEP_RESULTS;
}

#define SWEEP_TEST(name) cmocka_unit_test_setup(name, make_sweep_report)
