/*
 * A report built by hand, with the strings that break printers: 3 allocators by 4 scenarios by 2
 * fork methods. Cells 1, 10 and 13 hang, 3 was skipped, 7 was never tried, all others are ok.
 */
#pragma once

#include "result.h"
#include "run_print.h"

#include "shm_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELLS = 24 };

static const char *const allocators[] = {"glibc", "tcmalloc-minimal", "we|rd_\"name\", *of* `it`"};
static const char *const scenarios[] = {"basic", "signal", "pool", "logger-aware"};
static const enum fork_method methods[] = {METHOD_FORK, METHOD__FORK};

static struct cell cells[CELLS];
static struct control controls[2];
static char notes[2][MODEL_TEXT_MAX];
static struct report report;

static inline void fill(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text);
}

static inline void make_foreign(struct cell *cell, enum lock_origin origin)
{
	cell->finding.lock_origin = origin;
	memcpy(cell->foreign, cell->count, sizeof(cell->foreign));
	cell->foreign[VERDICT_OK] = 0;
}

static inline void make_hang(struct cell *cell, uint32_t hangs)
{
	struct finding *finding = &cell->finding;
	cell->verdict = VERDICT_DEADLOCK;
	cell->count[VERDICT_DEADLOCK] = hangs;
	cell->count[VERDICT_OK] = cell->trials - hangs;
	cell->proven = hangs;
	cell->bad_rate = (double)hangs / cell->trials;
	cell->upper95 = 0.2;
	cell->latency_median_ms = 1.25;
	cell->latency_p99_ms = 3.5;
	cell->has_finding = true;
	*finding = (struct finding){
		.verdict = VERDICT_DEADLOCK,
		.certainty = CERTAINTY_PROVEN,
		.trial = 17,
		.futex = 0x7ffff7df8c60,
		.futex_value = 2,
		.owner_tid = 4711,
		.pc = 0xffffffffff600000,
		.latency_ms = 1.5,
		.call = {OP_MALLOC, 1500},
		.lock_named = true,
		.lock_published = true,
		.owner = {THREAD_WORKER, 2},
		.reasons = 2,
		.reason = {{.kind = REASON_ONE_THREAD}, {.kind = REASON_PRIVATE_FUTEX}},
	};
	fill(finding->lock, sizeof(finding->lock), "main_arena");
	fill(finding->waiter, sizeof(finding->waiter), "libc.so.6+0x8701b");
	(void)snprintf(finding->command, sizeof(finding->command),
		"forklab stress -a %s -s %s -m %s --seed 1 --trial 17", cell->allocator,
		cell->scenario, fork_method_name(cell->method));
}

static inline void make_skipped(struct cell *cell, const char *text)
{
	memset(cell->count, 0, sizeof(cell->count));
	cell->trials = 0;
	cell_skip(cell, SKIP_SCENARIO, text, 0);
	cell->upper95 = 1;
}

static inline void make_cell(struct cell *cell, size_t index)
{
	*cell = (struct cell){
		.mode = CELL_STRESS,
		.planned = 400,
		.trials = 400,
		.aimed = 390,
		.count[VERDICT_OK] = 400,
		.upper95 = 0.0074613,
		.seconds = 1.5,
		.latency_median_ms = -1,
		.latency_p99_ms = -1,
	};
	fill(cell->allocator, sizeof(cell->allocator), allocators[index / 4 % 3]);
	fill(cell->version, sizeof(cell->version), "5.3.0-0-g54eaed1d8b56b1aa5");
	cell->link = LINK_SHARED;
	fill(cell->scenario, sizeof(cell->scenario), scenarios[index % 4]);
	cell->method = methods[index / 12];
}

static inline int make_report(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i++)
		make_cell(&cells[i], i);
	make_hang(&cells[1], 37);
	make_hang(&cells[10], 400);
	make_hang(&cells[13], 120);
	make_skipped(&cells[3], "no \"logger\", no\r\n\033[31mcry\xff\xc3");
	make_skipped(&cells[7], "");
	cells[7].verdict = VERDICT_OK; /* never tried */
	cells[7].skip = (struct skip){0};
	cells[7].cut = true;
	controls[0] = (struct control){.allocator = "teach-none",
		.scenario = "basic",
		.method = METHOD__FORK,
		.expected = VERDICT_DEADLOCK,
		.got = VERDICT_DEADLOCK,
		.hits = 98,
		.trials = 100,
		.passed = true};
	controls[1] = (struct control){.allocator = "teach-lockall",
		.scenario = "basic",
		.method = METHOD_FORK,
		.expected = VERDICT_OK,
		.got = VERDICT_OK,
		.hits = 100,
		.trials = 100,
		.passed = true};
	fill(notes[0], sizeof(notes[0]), "glibc's child can hang; see [1] & <b>think</b>.");
	fill(notes[1], sizeof(notes[1]), "A note that ends in the middle of a char\xe2\x89");
	report = (struct report){
		.host = {"6.1.0-18-amd64", "x86_64", "glibc 2.36", 2, 3936},
		.options = {"run", "0.1.0", UINT64_MAX, 400, 4, 50, 10, true},
		.cells = CELLS,
		.cell = cells,
		.controls = 2,
		.control = controls,
		.controls_ran = true,
		.controls_passed = true,
		.seconds = 43.8,
		.notes = 2,
		.note = notes,
	};
	return 0;
}

/* The whole output; for free(). */
static inline char *print_as(enum output_format format, const struct print_options *options)
{
	static char *text; /* not a local: gcc would take what points into it for dangling */
	static size_t size;
	FILE *stream = open_memstream(&text, &size);
	assert_non_null(stream);
	assert_int_equal(results_build(&report), 0);
	assert_int_equal(run_print(stream, format, &report, options), 0);
	results_free(&report);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

static inline void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static inline void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

/* Runs of blanks and line ends become one blank, in place: the words, wherever lines were broken.
 */
static inline void flatten(char *text)
{
	char *to = text;
	for (char *from = text; *from; from++)
		if (!strchr(" \n", *from))
			*to++ = *from;
		else if (to == text || to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

/* A test on a fresh report. */
#define REPORT_TEST(name) cmocka_unit_test_setup(name, make_report)
