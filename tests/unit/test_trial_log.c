/* A trace is read out of memory that the process under test may have written over. */
#include "trial_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BEGIN = 1000, NOW = 1000000, PARENT = 100, CHILD = 200 };

static struct page *page;
static struct trace *trace;
static struct recording recording;

static int set_up(void **state)
{
	(void)state;
	page = calloc(1, sizeof *page);
	trace = calloc(1, sizeof *trace);
	recording = (struct recording){0};
	atomic_store(&page->main_tid, PARENT);
	page->plan.workers = 2;
	return page && trace ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	recording_free(&recording);
	free(page);
	free(trace);
	return 0;
}

static struct trace_event call(uint64_t begin_ns)
{
	return (struct trace_event){.kind = TRACE_CALL,
		.op = OP_MALLOC,
		.size = 24,
		.address = 0x1000,
		.begin_ns = begin_ns,
		.end_ns = begin_ns + 5,
		.pid = {PARENT, PARENT},
		.tid = {PARENT, PARENT}};
}

static void put(unsigned track, const struct trace_event *event)
{
	struct trace_track *to = &trace->track[track];
	to->event[to->count % TRACE_EVENTS] = *event;
	to->count++;
}

static void take(void)
{
	assert_int_equal(recording_take(&recording, page, trace, BEGIN, NOW), 0);
}

static void test_nothing(void **state)
{
	(void)state;
	take();
	assert_int_equal(recording.entries, 0);
	assert_int_equal(recording.damaged + recording.left_out, 0);
	assert_null(recording_fork(&recording));
}

static void test_order_and_names(void **state)
{
	(void)state;
	char text[64];
	struct trace_event late = call(BEGIN + 50), early = call(BEGIN + 10);
	struct trace_event fork = {.kind = TRACE_FORK,
		.address = CHILD,
		.begin_ns = BEGIN + 20,
		.end_ns = BEGIN + 30,
		.pid = {PARENT, PARENT},
		.tid = {PARENT, PARENT}};
	put(1, &late);
	put(0, &early);
	put(2, &fork);
	late.begin_ns = late.end_ns = BEGIN + 60;
	late.pid[0] = late.pid[1] = CHILD;
	late.tid[0] = late.tid[1] = CHILD + 1;
	put(TRACE_CHILD, &late);
	take();
	assert_int_equal(recording.entries, 4);
	const struct entry *e = recording.entry;
	assert_string_equal(recording_thread(&recording, &e[0], text, sizeof text), "worker 0");
	assert_string_equal(recording_what(&recording, &e[0], text, sizeof text), "malloc(24)");
	assert_string_equal(recording_thread(&recording, &e[1], text, sizeof text), "main");
	assert_string_equal(recording_what(&recording, &e[1], text, sizeof text), "fork() = 200");
	assert_string_equal(recording_thread(&recording, &e[2], text, sizeof text), "worker 1");
	assert_string_equal(
		recording_thread(&recording, &e[3], text, sizeof text), "child's thread");
	assert_ptr_equal(recording_fork(&recording), &e[1]);
	assert_int_equal(recording.child_pid, CHILD);
}

static void test_ring_keeps_the_last(void **state)
{
	(void)state;
	enum { MORE = 10 };
	for (uint64_t i = 0; i < TRACE_EVENTS + MORE; i++) {
		struct trace_event event = call(BEGIN + i);
		put(0, &event);
	}
	take();
	assert_int_equal(recording.entries, TRACE_EVENTS);
	assert_int_equal(recording.left_out, MORE);
	assert_int_equal(recording.entry[0].begin_ns, BEGIN + MORE);
}

static void test_what_never_ended(void **state)
{
	(void)state;
	struct trace_event event = call(BEGIN + 1);
	event.end_ns = 0;
	trace->track[0].call.event = event;
	trace->track[0].call.on = 1;
	trace->track[1].call.event = event; /* is not under way */
	take();
	assert_int_equal(recording.entries, 1);
	assert_int_equal(recording.entry[0].end_ns, 0);
	assert_int_equal(recording.entry[0].pid[1], PARENT);
}

static void test_pid_that_changed(void **state)
{
	(void)state;
	struct trace_event event = call(BEGIN + 1);
	event.pid[1] = CHILD;
	put(TRACE_CHILD, &event);
	take();
	assert_int_equal(recording.entries, 1);
	assert_true(entry_changed_pid(&recording.entry[0]));
}

static void test_damage_is_counted(void **state)
{
	(void)state;
	struct trace_event wrong[8];
	for (int i = 0; i < 8; i++)
		wrong[i] = call(BEGIN + 1);
	wrong[0].kind = TRACE_NONE;
	wrong[1].kind = TRACE_KINDS;
	wrong[2].op = OP_COUNT;
	wrong[3].begin_ns = BEGIN - 1;
	wrong[4].end_ns = NOW + 1;
	wrong[5].end_ns = wrong[5].begin_ns - 1;
	wrong[6].pid[1] = 0;
	wrong[7].tid[0] = -1;
	for (int i = 0; i < 8; i++)
		put(0, &wrong[i]);
	take();
	assert_int_equal(recording.entries, 0);
	assert_int_equal(recording.damaged, 8);
}

static void test_all_ones_hurts_nobody(void **state)
{
	(void)state;
	memset(trace, 0xff, sizeof *trace);
	memset(page, 0xff, sizeof *page);
	take();
	assert_int_equal(recording.entries, 0);
	assert_int_equal(recording.inherited, 0);
	assert_true(recording.damaged > 0);
	assert_true(recording.workers <= PAGE_WORKERS_MAX);
	assert_non_null(recording.files[0].file);
}

static void test_inheritance(void **state)
{
	(void)state;
	char text[64];
	struct trace_event hold = call(BEGIN + 1);
	hold.kind = TRACE_HOLD;
	hold.reserved = 1;
	trace->inheritance[0] = hold;
	trace->inheritance[1] = hold;
	trace->inheritance[1].reserved = TRACE_TRACKS; /* no such track */
	trace->inherited = 2;
	snprintf(page->lock[0].name, sizeof page->lock[0].name, "the lock");
	page->lock[0].address = 0xff8;
	page->lock[0].size = 16;
	page->locks = 1;
	take();
	assert_int_equal(recording.inherited, 1);
	assert_int_equal(recording.damaged, 1);
	const struct entry *e = &recording.inheritance[0];
	assert_string_equal(recording_what(&recording, e, text, sizeof text), "holds the lock");
	assert_null(recording_lock(&recording, 0x1008));
}

static void test_files(void **state)
{
	(void)state;
	struct trace_files one = {.count = 2, .file = {{3, "/a"}, {4, "/b"}}};
	struct trace_files other = {.count = UINT32_MAX, .file = {{3, "/a"}, {4, "/c"}}};
	assert_true(files_same(files_find(&one, 3), files_find(&other, 3)));
	assert_false(files_same(files_find(&one, 4), files_find(&other, 4)));
	assert_null(files_find(&other, 5));
	assert_false(files_same(NULL, files_find(&one, 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order_and_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ring_keeps_the_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_never_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_pid_that_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_ones_hurts_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_inheritance, set_up, tear_down),
		cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
