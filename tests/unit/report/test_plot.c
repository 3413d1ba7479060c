/*
 * The input of gnuplot: all measurements and nothing else, with all text quoted. Then the files,
 * with scripts in place of gnuplot.
 */
#include "drawing.h"
#include "plot.h"
#include "plot_grid.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

/* ---- A report of a cross: 1 and 4 threads with 32 MiB, and 1 MiB with 4 threads ---- */

enum { ALLOCATORS = 3, ROWS = 3, CELLS = ALLOCATORS * ROWS, SAMPLES = 100 };

static const char *const names[ALLOCATORS] = {"glibc", "it's_{/x^2}\\$@`q`\"%d", "jemalloc"};
static struct cost_cell cells[CELLS];
static struct cost_report costs;

static struct cost_estimate estimate_of(double value)
{
	return (struct cost_estimate){
		.value = value, .low = value / 2, .high = value * 2, .rounds = 5};
}

static void fill_cell(struct cost_cell *cell, size_t index)
{
	double times[SAMPLES];
	*cell = (struct cost_cell){.method = METHOD_FORK, .rounds = 5, .link = LINK_SHARED};
	(void)snprintf(cell->allocator, sizeof(cell->allocator), "%s", names[index % ALLOCATORS]);
	for (size_t i = 0; i < COST_FIGURES; i++)
		cell->estimate[i] = estimate_of(1e6 + 1000 * (double)index + (double)i);
	for (size_t i = 0; i < COST_DISTRIBUTIONS; i++) {
		for (size_t k = 0; k < SAMPLES; k++)
			times[k] = 2e6 + 1000 * (double)index + 10 * (double)k + (double)i;
		cost_distribution_of_times(&cell->distribution[i], times, SAMPLES);
	}
}

static int make_costs(void **state)
{
	static const struct {
		uint32_t threads;
		uint64_t heap;
	} rows[ROWS] = {{4, 1 * MIB}, {1, 32 * MIB}, {4, 32 * MIB}};

	(void)state;
	for (size_t i = 0; i < CELLS; i++) {
		fill_cell(&cells[i], i);
		cells[i].threads = rows[i / ALLOCATORS].threads;
		cells[i].heap_bytes = rows[i / ALLOCATORS].heap;
	}
	costs = (struct cost_report){.cells = CELLS, .cell = cells, .server = COST_PREFORK_SERVER};
	(void)snprintf(costs.host.kernel, sizeof(costs.host.kernel), "6.1.0");
	return 0;
}

/* The allocator of that number in the middle of the grid. */
static struct cost_cell *middle(size_t allocator)
{
	return &cells[2 * ALLOCATORS + allocator];
}

/* ---- And a choice ---- */

static struct choice choices[ALLOCATORS];
static struct choose_report chosen;

static int make_choice(void **state)
{
	double weight[CHOOSE_CLASSES];
	(void)make_costs(state);
	for (size_t i = 0; i < ALLOCATORS; i++)
		choices[i] = (struct choice){.cell = middle(i)};
	choices[1].out = true;
	choices[1].safety = SAFETY_BAD;
	choices[1].finding.verdict = VERDICT_DEADLOCK;
	(void)snprintf(choices[1].scenario, sizeof(choices[1].scenario), "basic");
	choose_weights(weight, WEIGHT_EQUAL);
	choose_rank(choices, ALLOCATORS, choose_server(SERVER_PREFORK), weight);
	chosen = (struct choose_report){.server = choose_server(SERVER_PREFORK),
		.threads = 4,
		.heap_bytes = 32 * MIB,
		.choices = ALLOCATORS,
		.choice = choices,
		.from = "it's mine.json"};
	return 0;
}

/* ---- Scripts ---- */

static char *script;
static char why[256];

static bool write_script(drawing_writer *writer)
{
	struct drawing drawing = {&costs, &chosen, {0}};
	size_t size;
	FILE *out;
	free(script);
	script = NULL;
	why[0] = '\0';
	for (size_t i = 0; i < ALLOCATORS; i++)
		palette_add(&drawing.palette, names[i]);
	palette_assign(&drawing.palette);
	out = open_memstream(&script, &size);
	assert_non_null(out);
	bool written = writer(out, &drawing, why, sizeof(why));
	assert_int_equal(fclose(out), 0);
	return written;
}

static int free_script(void **state)
{
	(void)state;
	free(script);
	script = NULL;
	return 0;
}

static void assert_has(const char *words)
{
	if (!strstr(script, words))
		fail_msg("no %s in:\n%s", words, script);
}

static void assert_lacks(const char *words)
{
	if (strstr(script, words))
		fail_msg("there is %s in:\n%s", words, script);
}

/* A number as the scripts have it, and nothing else than that number. */
static bool has_number(double number)
{
	char text[32];
	size_t length = (size_t)snprintf(text, sizeof(text), "%.9g", number);
	for (const char *at = script; (at = strstr(at, text)); at += length)
		if (strchr(" \n", at[length]) && strchr(" \n", at[-1]))
			return true;
	return false;
}

static const char quoted[] = "'it''s_{/x^2}\\$@`q`\"%d'";
enum { LATENCIES = 3 };
static drawing_writer *const latencies[LATENCIES] = {
	draw_fork_latency, draw_stall_latency, draw_request_latency};

static void words_stay_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < LATENCIES; i++) {
		assert_true(write_script(latencies[i]));
		assert_has(quoted);
		assert_has("noenhanced");
	}
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	gnuplot_string(out, "%s", "a\nset output 'x'\x7f\t\xc2\xb5s");
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "'a?set output ''x''??\xc2\xb5s'");
	free(text);
}

static void all_that_was_measured_in_the_middle_is_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < LATENCIES; i++) {
		assert_true(write_script(latencies[i]));
		for (size_t a = 0; a < ALLOCATORS; a++) {
			size_t what = i == 0   ? COST_FORK_TIMES
				      : i == 1 ? COST_CALLS_AROUND
					       : COST_REQUESTS;
			const struct cost_distribution *all = &middle(a)->distribution[what];
			assert_true(has_number(all->max));
			for (size_t k = 0; k < COST_LEVELS && !isnan(all->at[k]); k++)
				assert_true(has_number(all->at[k]));
		}
		assert_has("(4 background threads, 32 MiB of live heap)");
		/* Not what belongs to another place. */
		assert_false(has_number(cells[0].distribution[COST_FORK_TIMES].max));
	}
	assert_true(write_script(draw_stall_latency));
	assert_true(has_number(middle(0)->distribution[COST_CALLS_CALM].max));
	assert_true(write_script(draw_fork_latency));
	assert_true(has_number(middle(0)->estimate[COST_FORK_P50].low));
	assert_true(has_number(middle(0)->estimate[COST_FORK_P50].high));
}

static void what_was_not_measured_is_not_drawn(void **state)
{
	(void)state;
	middle(1)->rounds = 0;
	middle(2)->distribution[COST_FORK_TIMES].count = 0;
	for (size_t i = 0; i < LATENCIES; i++) {
		assert_true(write_script(latencies[i]));
		assert_has("'glibc'");
		assert_lacks(quoted);
	}
	assert_true(write_script(draw_fork_latency));
	assert_lacks("jemalloc");
	assert_lacks("nan");
	assert_lacks("NaN NaN");
	middle(0)->rounds = middle(2)->rounds = 0;
	for (size_t i = 0; i < LATENCIES; i++) {
		assert_false(write_script(latencies[i]));
		assert_string_equal(why, "nothing of it was measured");
	}
}

static void too_noisy_is_said_and_has_its_range(void **state)
{
	(void)state;
	middle(2)->estimate[COST_FORK_P50].noisy = true;
	assert_true(write_script(draw_fork_latency));
	assert_has("'jemalloc (too noisy)'");
	assert_lacks("'glibc (too noisy)'");
	assert_true(has_number(middle(2)->estimate[COST_FORK_P50].high));
	/* Along an axis: the range, and not the value. */
	assert_true(write_script(draw_cost_by_heap));
	assert_false(has_number(middle(2)->estimate[COST_FORK_P50].value));
	assert_true(has_number(middle(2)->estimate[COST_FORK_P50].low));
	assert_true(has_number(middle(2)->estimate[COST_FORK_P50].high));
	assert_true(has_number(middle(0)->estimate[COST_FORK_P50].value));
}

static void along_an_axis_there_is_what_lies_on_it(void **state)
{
	static const int figures[] = {COST_FORK_P50, COST_FORK_FIRST, COST_STALL_P50};
	(void)state;
	for (int threads = 0; threads < 2; threads++) {
		assert_true(write_script(threads ? draw_cost_by_threads : draw_cost_by_heap));
		assert_has(quoted);
		assert_has(threads ? "(32 MiB of live heap)" : "(4 background threads)");
		for (size_t f = 0; f < sizeof(figures) / sizeof(figures[0]); f++)
			for (size_t i = 0; i < CELLS; i++) {
				bool on = threads ? cells[i].heap_bytes == 32 * MIB
						  : cells[i].threads == 4;
				assert_int_equal(
					has_number(cells[i].estimate[figures[f]].value), on);
			}
	}
	assert_has("'1' 1, '4' ");
	assert_true(write_script(draw_cost_by_heap));
	assert_has("'1 MiB' 20, '32 MiB' 25)");
}

static void gaps_are_gaps(void **state)
{
	(void)state;
	cells[0].estimate[COST_FORK_P50] = (struct cost_estimate){.value = NAN, .low = NAN};
	cells[1].rounds = 0;
	assert_true(write_script(draw_cost_by_heap));
	assert_has("20 NaN NaN NaN\n");
	assert_false(has_number(cells[1].estimate[COST_FORK_P50].value));
	assert_false(has_number(cells[1].estimate[COST_FORK_P50].low));
	/* A figure that is nowhere has no panel. */
	for (size_t i = 0; i < CELLS; i++)
		cells[i].estimate[COST_STALL_P50] =
			(struct cost_estimate){.value = NAN, .low = NAN};
	assert_true(write_script(draw_cost_by_heap));
	assert_lacks("longest call");
	assert_lacks("$at2_");
}

static void an_axis_with_one_value_is_none(void **state)
{
	(void)state;
	costs.cells = ALLOCATORS;
	assert_false(write_script(draw_cost_by_heap));
	assert_string_equal(why, "the grid has one heap only; --heap 1M,32M,256M gives it more");
	assert_false(write_script(draw_cost_by_threads));
	assert_non_null(strstr(why, "one number of threads only"));
	costs.cells = 0;
	for (size_t i = 0; i < LATENCIES; i++)
		assert_false(write_script(latencies[i]));
}

static void without_threads_nobody_stalls(void **state)
{
	(void)state;
	costs.cells = ALLOCATORS;
	for (size_t i = 0; i < ALLOCATORS; i++) {
		cells[i].threads = 0;
		cells[i].distribution[COST_CALLS_AROUND].count = 0;
	}
	assert_false(write_script(draw_stall_latency));
	assert_string_equal(why, "there are no background threads (--threads)");
	assert_true(write_script(draw_fork_latency));
	assert_has("(no background threads, 1 MiB of live heap)");
}

static void huge_pages_are_not_drawn_beside_usual_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALLOCATORS; i++)
		cells[i].huge = true;
	assert_false(write_script(draw_cost_by_heap));
	assert_true(write_script(draw_cost_by_threads));
	assert_lacks("huge");
	/* But if there is nothing else. */
	costs.cells = ALLOCATORS;
	assert_true(write_script(draw_fork_latency));
	assert_has("1 MiB of live heap in huge pages");
}

static void each_fork_method_is_a_line_of_its_own(void **state)
{
	struct plot_style one, other;
	struct palette palette = {0};
	(void)state;
	(void)snprintf(cells[1].allocator, sizeof(cells[1].allocator), "glibc");
	cells[1].method = METHOD__FORK;
	palette_add(&palette, "glibc");
	palette_assign(&palette);
	one = plot_column_style(&palette, &costs, 0);
	other = plot_column_style(&palette, &costs, 1);
	assert_string_equal(one.colour, other.colour);
	assert_int_not_equal(one.dash, other.dash);
}

/* ---- The choice ---- */

static void ranked_ones_are_marks_and_all_are_in_the_key(void **state)
{
	(void)state;
	assert_true(write_script(draw_pareto));
	assert_has("'1. glibc: 1.00");
	assert_has("'2. jemalloc: ");
	assert_has(", on the front");
	assert_has("'it''s_{/x^2}\\$@`q`\"%d is out: deadlock in basic'");
	assert_has("Costs from it''s mine.json.");
	assert_has("$choice0 << END");
	assert_has("$choice1 << END");
	assert_lacks("$choice2");
	for (size_t i = 0; i < 2; i++)
		for (size_t class = 0; class < CHOOSE_CLASSES; class ++)
			assert_true(has_number(choices[i].class_score[class].value));
}

/* Filled on the front, open behind it. */
static void marks_tell_the_front(void **state)
{
	struct palette palette = {0};
	char mark[32];
	(void)state;
	palette_add(&palette, "glibc");
	palette_add(&palette, "jemalloc");
	palette_assign(&palette);
	for (int i = 0; i < 2; i++) {
		const struct plot_style style = palette_style(&palette, choices[i].cell->allocator);
		for (int pareto = 0; pareto < 2; pareto++) {
			choices[i].pareto = pareto;
			assert_true(write_script(draw_pareto));
			(void)snprintf(mark, sizeof(mark), "pointtype %d ",
				pareto ? style.filled : style.open);
			assert_has(mark);
			(void)snprintf(mark, sizeof(mark), "pointtype %d ",
				pareto ? style.open : style.filled);
			assert_lacks(mark);
		}
	}
}

static void nobody_ranked_is_no_front(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALLOCATORS; i++)
		choices[i].ranked = false;
	assert_false(write_script(draw_pareto));
	assert_string_equal(why, "no allocator passed the safety check and was measured");
}

/* ---- Colours ---- */

static void the_usual_ones_have_their_colours_in_any_company(void **state)
{
	struct palette alone = {0}, last = {0};
	(void)state;
	palette_add(&alone, "mimalloc");
	palette_assign(&alone);
	for (size_t i = 0; i < ALLOCATORS; i++)
		palette_add(&last, names[i]);
	palette_add(&last, "mimalloc");
	palette_add(&last, "glibc");
	palette_assign(&last);
	assert_int_equal(last.count, ALLOCATORS + 1);
	assert_string_equal(
		palette_style(&alone, "mimalloc").colour, palette_style(&last, "mimalloc").colour);
	assert_int_equal(
		palette_style(&alone, "mimalloc").filled, palette_style(&last, "mimalloc").filled);
}

static void no_two_look_the_same(void **state)
{
	enum { MANY = 24 };
	static char name[PALETTE_MAX + 8][16];
	struct plot_style style[MANY];
	static struct palette palette;
	(void)state;
	for (size_t i = 0; i < PALETTE_MAX + 8; i++) {
		(void)snprintf(name[i], sizeof(name[i]), i == 3 ? "jemalloc" : "other-%zu", i);
		if (i < MANY)
			palette_add(&palette, name[i]);
	}
	palette_assign(&palette);
	for (size_t i = 0; i < MANY; i++) {
		style[i] = palette_style(&palette, name[i]);
		for (size_t k = 0; k < i; k++)
			assert_true(strcmp(style[i].colour, style[k].colour) != 0 ||
				    (style[i].filled != style[k].filled &&
					    style[i].dash != style[k].dash));
	}
	/* More than there is room for. */
	palette = (struct palette){0};
	for (size_t i = 0; i < PALETTE_MAX + 8; i++)
		palette_add(&palette, name[i]);
	palette_assign(&palette);
	assert_non_null(palette_style(&palette, name[PALETTE_MAX + 7]).colour);
}

/* ---- Axes ---- */

/* How many labels there are within the range, all of which must be there. */
static size_t labels(double low, double high, bool ratio)
{
	struct plot_range range = {0};
	char *text = NULL, *at;
	size_t size, count = 0;
	double from, to, tic;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	plot_range_add(&range, high);
	plot_range_add(&range, NAN);
	plot_range_add(&range, -1);
	plot_range_add(&range, low);
	(ratio ? gnuplot_ratio_axis : gnuplot_time_axis)(out, "y", range, "what");
	assert_int_equal(fclose(out), 0);
	at = strstr(text, "set yrange [");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "set yrange [%lf:%lf]", &from, &to), 2);
	assert_true(from < low && to > high);
	assert_null(strchr(text, '%'));
	at = strchr(strstr(text, "set ytics ("), '(');
	while (*at != ')') {
		at = strchr(at, '\'') + 1;
		count += *at != '\'';
		at = strchr(at, '\'') + 1;
		tic = strtod(at, &at);
		assert_true(tic >= from && tic <= to);
		at += strcspn(at, ",)");
	}
	free(text);
	return count;
}

static void every_axis_has_labels_enough_and_not_too_many(void **state)
{
	(void)state;
	for (int from = 0; from < 66; from++)
		for (int length = 0; length < 52 - from / 2; length++) {
			double low = pow(1.37, from), high = low * pow(1.7, length);
			assert_in_range(labels(low, high, false), 2, 14);
			if (low < 2 && high < 100 * low)
				assert_in_range(labels(low, high, true), 2, 14);
		}
}

/* ---- Files ---- */

static char home[] = "/tmp/forklab-test-plot-XXXXXX", *old_path;
static char plots[sizeof(home) + 16], program[sizeof(home) + 16];
static char error[1024];

static int make_home(void **state)
{
	char path[4096];
	(void)state;
	old_path = strdup(getenv("PATH") ?: "/usr/bin:/bin");
	(void)snprintf(home, sizeof(home), "/tmp/forklab-test-plot-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	(void)snprintf(plots, sizeof(plots), "%s/plots", home);
	(void)snprintf(program, sizeof(program), "%s/gnuplot", home);
	(void)snprintf(path, sizeof(path), "%s:%s", home, old_path);
	(void)setenv("PATH", path, 1);
	return make_choice(state);
}

static int remove_home(void **state)
{
	char command[sizeof(home) + 16];
	(void)setenv("PATH", old_path, 1);
	free(old_path);
	(void)snprintf(command, sizeof(command), "rm -rf %s", home);
	(void)free_script(state);
	/* NOLINTNEXTLINE(bugprone-command-processor): a directory of ours */
	return system(command);
}

static void put_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* What stands in gnuplot's place. */
static void put_gnuplot(const char *commands)
{
	char text[512];
	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", commands);
	put_file(program, text, 0700);
}

static void assert_told(const char *words)
{
	if (!strstr(error, words))
		fail_msg("no '%s' in '%s'", words, error);
	assert_null(strchr(error, '\n'));
}

static int prepare(void)
{
	const struct plot plot = {plots, PLOT_DISTRIBUTIONS | PLOT_PARETO};
	error[0] = '\0';
	return plot_prepare(&plot, error, sizeof(error));
}

/* What is in the directory: "" if nothing is. */
static void assert_files(const char *expected)
{
	char command[sizeof(plots) + 32], got[512];
	(void)snprintf(command, sizeof(command), "cd %s && ls -A | tr '\\n' ' '", plots);
	/* NOLINTNEXTLINE(bugprone-command-processor): a directory of ours */
	FILE *list = popen(command, "re");
	assert_non_null(list);
	got[fread(got, 1, sizeof(got) - 1, list)] = '\0';
	assert_int_equal(pclose(list), 0);
	assert_string_equal(got, expected);
}

static void without_gnuplot_nothing_is_begun(void **state)
{
	(void)state;
	(void)setenv("PATH", home, 1);
	assert_int_equal(prepare(), -ENOENT);
	assert_told("install the package gnuplot-nox");
	assert_int_equal(access(plots, F_OK), -1);
}

static void the_directory_is_made_or_refused(void **state)
{
	struct stat file;
	(void)state;
	put_gnuplot("exit 1");
	assert_int_equal(prepare(), 0);
	assert_files("");
	assert_int_equal(prepare(), 0);
	assert_int_equal(rmdir(plots), 0);
	put_file(plots, "mine", 0600);
	assert_int_equal(prepare(), -ENOTDIR);
	assert_told("that is no directory");
	assert_int_equal(stat(plots, &file), 0);
	assert_int_equal(file.st_size, 4);
	assert_int_equal(unlink(plots), 0);
	(void)snprintf(plots, sizeof(plots), "%s/a/b", home);
	assert_int_equal(prepare(), -ENOENT);
	assert_told("the directory cannot be made: No such file or directory");
	/* A directory where a file is to be. */
	char file_name[sizeof(plots) + 32];
	(void)snprintf(plots, sizeof(plots), "%s/plots", home);
	(void)snprintf(file_name, sizeof(file_name), "%s/pareto.svg", plots);
	assert_int_equal(mkdir(plots, 0700), 0);
	assert_int_equal(mkdir(file_name, 0700), 0);
	assert_int_equal(prepare(), -EISDIR);
	assert_told("/pareto.svg: Is a directory");
	assert_files("pareto.svg ");
}

/* Draws, and puts what was noted into notes[]. */
static char notes[2048];

static int draw(unsigned files, bool quiet)
{
	const struct plot plot = {plots, files};
	FILE *out;
	notes[0] = '\0';
	out = fmemopen(notes, sizeof(notes), "w");
	assert_non_null(out);
	error[0] = '\0';
	int status = plot_draw(&plot, &costs, &chosen, out, quiet, error, sizeof(error));
	assert_int_equal(fclose(out), 0);
	return status;
}

static void all_files_are_written_and_named(void **state)
{
	enum { ALL = PLOT_DISTRIBUTIONS | PLOT_SCALING | PLOT_REQUESTS | PLOT_PARETO };
	(void)state;
	put_gnuplot("grep -q 'terminal svg' && echo '<svg></svg>'");
	assert_int_equal(prepare(), 0);
	assert_int_equal(draw(ALL, false), 0);
	assert_files("cost-by-heap.svg cost-by-threads.svg fork-latency.svg pareto.svg "
		     "request-latency.svg stall-latency.svg ");
	assert_int_equal(strncmp(notes, "forklab: plots: /tmp/", 21), 0);
	assert_non_null(strstr(notes, "/plots/fork-latency.svg, "));
	assert_non_null(strstr(notes, "/plots/pareto.svg\n"));
	assert_int_equal(draw(ALL, true), 0);
	assert_string_equal(notes, "");
	/* There is an earlier one now, and nothing new. */
	costs.cells = ALLOCATORS;
	assert_int_equal(draw(PLOT_SCALING, false), 0);
	assert_non_null(strstr(notes,
		"forklab: cost-by-heap.svg is not drawn: the grid has one heap only; --heap "
		"1M,32M,256M gives it more (the file of that name is an earlier one)\n"));
	assert_null(strstr(notes, "plots:"));
}

static void a_gnuplot_that_fails_leaves_what_was_there(void **state)
{
	static const struct {
		const char *commands, *says;
	} bad[] = {
		{"echo '<svg></svg>'; echo 'no such thing' >&2; exit 2",
			"gnuplot failed with status 2: no such thing"},
		{"echo '<svg>'; kill -KILL $$", "gnuplot died of signal 9"},
		{"echo '<svg><g>'", "what gnuplot has written is no whole SVG"},
		{"echo '<html></html>'", "no whole SVG"},
		{"exit 0", "no whole SVG"},
		/* The third of them only. */
		{"grep -q choice0 && exit 1; echo '<svg></svg>'", "pareto.svg cannot be drawn"},
	};
	char old[sizeof(plots) + 32], text[16];

	(void)state;
	(void)snprintf(old, sizeof(old), "%s/fork-latency.svg", plots);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_gnuplot(bad[i].commands);
		assert_int_equal(prepare(), 0);
		put_file(old, "the old one", 0600);
		assert_int_equal(draw(PLOT_DISTRIBUTIONS | PLOT_PARETO, false), -EPROTO);
		assert_told(bad[i].says);
		assert_told("cannot be drawn, so no plot was written: ");
		assert_files("fork-latency.svg ");
		FILE *file = fopen(old, "r");
		assert_non_null(file);
		assert_non_null(fgets(text, sizeof(text), file));
		(void)fclose(file);
		assert_string_equal(text, "the old one");
	}
}

#define OF_COSTS(test)  cmocka_unit_test_setup_teardown(test, make_costs, free_script)
#define OF_CHOICE(test) cmocka_unit_test_setup_teardown(test, make_choice, free_script)
#define OF_FILES(test)  cmocka_unit_test_setup_teardown(test, make_home, remove_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF_COSTS(words_stay_words),
		OF_COSTS(all_that_was_measured_in_the_middle_is_drawn),
		OF_COSTS(what_was_not_measured_is_not_drawn),
		OF_COSTS(too_noisy_is_said_and_has_its_range),
		OF_COSTS(along_an_axis_there_is_what_lies_on_it),
		OF_COSTS(gaps_are_gaps),
		OF_COSTS(an_axis_with_one_value_is_none),
		OF_COSTS(without_threads_nobody_stalls),
		OF_COSTS(huge_pages_are_not_drawn_beside_usual_ones),
		OF_COSTS(each_fork_method_is_a_line_of_its_own),
		OF_CHOICE(ranked_ones_are_marks_and_all_are_in_the_key),
		OF_CHOICE(marks_tell_the_front),
		OF_CHOICE(nobody_ranked_is_no_front),
		cmocka_unit_test(the_usual_ones_have_their_colours_in_any_company),
		cmocka_unit_test(no_two_look_the_same),
		cmocka_unit_test(every_axis_has_labels_enough_and_not_too_many),
		OF_FILES(without_gnuplot_nothing_is_begun),
		OF_FILES(the_directory_is_made_or_refused),
		OF_FILES(all_files_are_written_and_named),
		OF_FILES(a_gnuplot_that_fails_leaves_what_was_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
