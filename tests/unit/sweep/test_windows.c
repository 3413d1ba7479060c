/* Windows of a sweep: where they begin and end, what they tell, and how many are kept. */
#include "windows.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INSTRUCTIONS_A_POINT = 10 }; /* point n is after 10 n instructions */

static struct sweep sweep;

static int forget(void **state)
{
	(void)state;
	free(sweep.window);
	sweep = (struct sweep){0};
	return 0;
}

/* One letter a point; upper case is proven. */
static struct point_result point_of(char letter, uint32_t point)
{
	struct point_result result = {.point = point,
		.instruction = (uint64_t)point * INSTRUCTIONS_A_POINT,
		.proven = isupper((unsigned char)letter)};
	switch (tolower((unsigned char)letter)) {
	case 'd':
		result.verdict = VERDICT_DEADLOCK;
		break;
	case 'c':
		result.verdict = VERDICT_CRASH;
		break;
	case 'b':
		result.verdict = VERDICT_BROKEN;
		break;
	case 'w':
		result.outcome = POINT_WAITED;
		break;
	case 'l':
		result.outcome = POINT_LEFT_OUT;
		break;
	default:
		result.verdict = VERDICT_OK;
	}
	return result;
}

/* The windows of a sequence of points, in words. */
static const char *windows_of(const char *points)
{
	static char text[1024];
	struct windows windows = {.sweep = &sweep};
	size_t length = strlen(points), used = 0;
	forget(NULL);
	for (uint32_t i = 0; i < length; i++) {
		struct point_result result = point_of(points[i], i + 1);
		assert_int_equal(windows_add(&windows, &result), 0);
	}
	windows_finish(&windows, (length + 1) * INSTRUCTIONS_A_POINT);
	assert_int_equal(sweep.points, length);
	assert_int_equal(sweep.points, sweep.tried + sweep.waited + sweep.left_out);
	text[0] = '\0';
	for (size_t i = 0; i < sweep.windows; i++) {
		const struct window *w = &sweep.window[i];
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"%s%s %u-%u (%u-%u) p%u l%u", i ? "; " : "", verdict_name(w->verdict),
			w->first, w->last, (unsigned)w->first_instruction,
			(unsigned)w->end_instruction, w->proven, w->left_out);
	}
	return text;
}

static void windows_are_runs_of_the_same_bad_verdict(void **state)
{
	static const struct {
		const char *points, *windows;
	} cases[] = {
		{"", ""},
		{"ooo", ""},
		{"b", ""},
		{"l", ""},
		{"oDDdo", "deadlock 2-4 (20-50) p2 l0"},
		{"dd", "deadlock 1-2 (10-30) p0 l0"}, /* up to the end of the sequence */
		{"odo", "deadlock 2-2 (20-30) p0 l0"},
		{"ddcc", "deadlock 1-2 (10-30) p0 l0; crash 3-4 (30-50) p0 l0"},
		{"dod", "deadlock 1-1 (10-20) p0 l0; deadlock 3-3 (30-40) p0 l0"},
		/* nobody was there to be judged */
		{"dwd", "deadlock 1-1 (10-20) p0 l0; deadlock 3-3 (30-40) p0 l0"},
		{"dbd", "deadlock 1-1 (10-20) p0 l0; deadlock 3-3 (30-40) p0 l0"},
		/* left out: inside only between the same */
		{"dlld", "deadlock 1-4 (10-50) p0 l2"},
		{"dldlld", "deadlock 1-6 (10-70) p0 l3"},
		{"lldllo", "deadlock 3-3 (30-40) p0 l0"},
		{"dll", "deadlock 1-1 (10-20) p0 l0"},
		{"dlc", "deadlock 1-1 (10-20) p0 l0; crash 3-3 (30-40) p0 l0"},
		{"dlw", "deadlock 1-1 (10-20) p0 l0"},
		{"dlwld", "deadlock 1-1 (10-20) p0 l0; deadlock 5-5 (50-60) p0 l0"},
		{"olldd", "deadlock 4-5 (40-60) p0 l0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = windows_of(cases[i].points);
		if (strcmp(got, cases[i].windows) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].points, got, cases[i].windows);
	}
}

static void points_are_counted_by_their_outcome(void **state)
{
	(void)state;
	(void)windows_of("odwwlllb");
	assert_int_equal(sweep.points, 8);
	assert_int_equal(sweep.tried, 3);
	assert_int_equal(sweep.waited, 2);
	assert_int_equal(sweep.left_out, 3);
}

static void a_window_tells_of_its_first_point(void **state)
{
	const struct finding first = {.step = CHILD_STEP_SMALL,
		.lock = "arena",
		.owner = {THREAD_WORKER, 0},
		.waiter = "libc.so.6+0x1"};
	const struct finding second = {.step = CHILD_STEP_LARGE,
		.lock = "other",
		.owner = {THREAD_WORKER, 1},
		.waiter = "libc.so.6+0x2"};
	struct windows windows = {.sweep = &sweep};
	struct point_result result = point_of('d', 1);
	(void)state;
	result.finding = &first;
	result.worker = "_int_malloc+0x10 (libc.so.6)";
	result.call = (struct heap_call){OP_MALLOC, 10};
	assert_int_equal(windows_add(&windows, &result), 0);
	result = point_of('d', 2);
	result.finding = &second;
	result.worker = "elsewhere";
	result.call = (struct heap_call){OP_FREE, 0};
	assert_int_equal(windows_add(&windows, &result), 0);
	windows_finish(&windows, 30);
	assert_int_equal(sweep.windows, 1);
	assert_int_equal(sweep.window->step, CHILD_STEP_SMALL);
	assert_string_equal(sweep.window->lock, "arena");
	assert_int_equal(sweep.window->owner.kind, THREAD_WORKER);
	assert_int_equal(sweep.window->owner.worker, 0);
	assert_string_equal(sweep.window->waiter, "libc.so.6+0x1");
	assert_string_equal(sweep.window->worker, "_int_malloc+0x10 (libc.so.6)");
	assert_int_equal(sweep.window->call.op, OP_MALLOC);
	assert_int_equal(sweep.window->call.size, 10);
}

static void windows_beyond_the_bound_are_counted_as_lost(void **state)
{
	struct windows windows = {.sweep = &sweep};
	enum { MORE = 3 };
	(void)state;
	/* Each window has two points; between them is one that is ok. */
	for (uint32_t i = 0; i < 3 * (WINDOWS_MAX + MORE); i++) {
		struct point_result result = point_of("ddo"[i % 3], i + 1);
		assert_int_equal(windows_add(&windows, &result), 0);
	}
	windows_finish(&windows, UINT64_MAX);
	assert_int_equal(sweep.windows, WINDOWS_MAX);
	assert_int_equal(sweep.windows_lost, MORE);
	assert_int_equal(sweep.points, 3 * (WINDOWS_MAX + MORE));
	for (uint32_t i = 0; i < WINDOWS_MAX; i++) {
		assert_int_equal(sweep.window[i].first, 3 * i + 1);
		assert_int_equal(sweep.window[i].last, 3 * i + 2);
		assert_int_equal(
			sweep.window[i].end_instruction, (3 * i + 3) * INSTRUCTIONS_A_POINT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(windows_are_runs_of_the_same_bad_verdict, forget),
		cmocka_unit_test_teardown(points_are_counted_by_their_outcome, forget),
		cmocka_unit_test_teardown(a_window_tells_of_its_first_point, forget),
		cmocka_unit_test_teardown(windows_beyond_the_bound_are_counted_as_lost, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
