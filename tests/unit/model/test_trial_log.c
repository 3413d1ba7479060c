/* A trace is read from memory that the process under test may have overwritten. */
#include "trial_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BEGIN = 1000, NOW = 1000000, PARENT = 100, CHILD = 200 };

static struct shm *shm;
static struct event_log *event_log;
static struct trial_log trial_log;

static int set_up(void **state)
{
	(void)state;
	shm = calloc(1, sizeof(*shm));
	event_log = calloc(1, sizeof(*event_log));
	trial_log = (struct trial_log){0};
	atomic_store(&shm->main_tid, PARENT);
	shm->plan.workers = 2;
	return shm && event_log ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	trial_log_free(&trial_log);
	free(shm);
	free(event_log);
	return 0;
}

static struct event call(uint64_t begin_ns)
{
	return (struct event){.kind = EVENT_CALL,
		.op = OP_MALLOC,
		.size = 24,
		.address = 0x1000,
		.begin_ns = begin_ns,
		.end_ns = begin_ns + 5,
		.pid = {PARENT, PARENT},
		.tid = {PARENT, PARENT}};
}

static void put(unsigned track, const struct event *event)
{
	struct event_track *to = &event_log->track[track];
	to->event[to->count % EVENTS_PER_TRACK] = *event;
	to->count++;
}

static void take(void)
{
	assert_int_equal(trial_log_copy(&trial_log, shm, event_log, BEGIN, NOW), 0);
}

static void test_nothing(void **state)
{
	(void)state;
	take();
	assert_int_equal(trial_log.entries, 0);
	assert_int_equal(trial_log.damaged + trial_log.left_out, 0);
	assert_null(trial_log_fork(&trial_log));
}

static void test_order_and_names(void **state)
{
	(void)state;
	char text[64];
	struct event late = call(BEGIN + 50), early = call(BEGIN + 10);
	struct event fork = {.kind = EVENT_FORK,
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
	put(EVENT_TRACK_CHILD, &late);
	take();
	assert_int_equal(trial_log.entries, 4);
	const struct log_entry *e = trial_log.entry;
	assert_string_equal(trial_log_thread(&trial_log, &e[0], text, sizeof(text)), "worker 0");
	assert_string_equal(trial_log_what(&trial_log, &e[0], text, sizeof(text)), "malloc(24)");
	assert_string_equal(trial_log_thread(&trial_log, &e[1], text, sizeof(text)), "main");
	assert_string_equal(trial_log_what(&trial_log, &e[1], text, sizeof(text)), "fork() = 200");
	assert_string_equal(trial_log_thread(&trial_log, &e[2], text, sizeof(text)), "worker 1");
	assert_string_equal(
		trial_log_thread(&trial_log, &e[3], text, sizeof(text)), "child's thread");
	assert_ptr_equal(trial_log_fork(&trial_log), &e[1]);
	assert_int_equal(trial_log.child_pid, CHILD);
}

static void test_ring_keeps_the_last(void **state)
{
	(void)state;
	enum { MORE = 10 };
	for (uint64_t i = 0; i < EVENTS_PER_TRACK + MORE; i++) {
		struct event event = call(BEGIN + i);
		put(0, &event);
	}
	take();
	assert_int_equal(trial_log.entries, EVENTS_PER_TRACK);
	assert_int_equal(trial_log.left_out, MORE);
	assert_int_equal(trial_log.entry[0].begin_ns, BEGIN + MORE);
}

static void test_what_never_ended(void **state)
{
	(void)state;
	struct event event = call(BEGIN + 1);
	event.end_ns = 0;
	event_log->track[0].call.event = event;
	event_log->track[0].call.on = 1;
	event_log->track[1].call.event = event; /* is not under way */
	take();
	assert_int_equal(trial_log.entries, 1);
	assert_int_equal(trial_log.entry[0].end_ns, 0);
	assert_int_equal(trial_log.entry[0].pid[1], PARENT);
}

static void test_pid_that_changed(void **state)
{
	(void)state;
	struct event event = call(BEGIN + 1);
	event.pid[1] = CHILD;
	put(EVENT_TRACK_CHILD, &event);
	take();
	assert_int_equal(trial_log.entries, 1);
	assert_true(log_entry_changed_pid(&trial_log.entry[0]));
}

static void test_damage_is_counted(void **state)
{
	(void)state;
	struct event wrong[8];
	for (int i = 0; i < 8; i++)
		wrong[i] = call(BEGIN + 1);
	wrong[0].kind = EVENT_NONE;
	wrong[1].kind = EVENT_KINDS;
	wrong[2].op = OP_COUNT;
	wrong[3].begin_ns = BEGIN - 1;
	wrong[4].end_ns = NOW + 1;
	wrong[5].end_ns = wrong[5].begin_ns - 1;
	wrong[6].pid[1] = 0;
	wrong[7].tid[0] = -1;
	for (int i = 0; i < 8; i++)
		put(0, &wrong[i]);
	take();
	assert_int_equal(trial_log.entries, 0);
	assert_int_equal(trial_log.damaged, 8);
}

static void test_all_ones_hurts_nobody(void **state)
{
	(void)state;
	memset(event_log, 0xff, sizeof(*event_log));
	memset(shm, 0xff, sizeof(*shm));
	take();
	assert_int_equal(trial_log.entries, 0);
	assert_int_equal(trial_log.inherited, 0);
	assert_true(trial_log.damaged > 0);
	assert_true(trial_log.workers <= SHM_WORKERS_MAX);
	assert_non_null(trial_log.files[0].file);
}

static void test_inheritance(void **state)
{
	(void)state;
	char text[64];
	struct event hold = call(BEGIN + 1);
	hold.kind = EVENT_LOCK_HELD;
	hold.reserved = 1;
	event_log->inheritance[0] = hold;
	event_log->inheritance[1] = hold;
	event_log->inheritance[1].reserved = EVENT_TRACKS; /* no such track */
	event_log->inherited = 2;
	snprintf(shm->lock[0].name, sizeof(shm->lock[0].name), "the lock");
	shm->lock[0].address = 0xff8;
	shm->lock[0].size = 16;
	shm->locks = 1;
	take();
	assert_int_equal(trial_log.inherited, 1);
	assert_int_equal(trial_log.damaged, 1);
	const struct log_entry *e = &trial_log.inheritance[0];
	assert_string_equal(trial_log_what(&trial_log, e, text, sizeof(text)), "holds the lock");
	assert_null(trial_log_lock_name(&trial_log, 0x1008));
}

static void test_files(void **state)
{
	(void)state;
	struct fd_table one = {.count = 2, .file = {{3, "/a"}, {4, "/b"}}};
	struct fd_table other = {.count = UINT32_MAX, .file = {{3, "/a"}, {4, "/c"}}};
	assert_true(fd_table_same(fd_table_find(&one, 3), fd_table_find(&other, 3)));
	assert_false(fd_table_same(fd_table_find(&one, 4), fd_table_find(&other, 4)));
	assert_null(fd_table_find(&other, 5));
	assert_false(fd_table_same(NULL, fd_table_find(&one, 3)));
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
