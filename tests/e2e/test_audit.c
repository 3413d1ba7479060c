/*
 * Audits of known handlers: the teaching allocators' from their source, the real ones' from other
 * tools; the planted faults have handlers of all other kinds.
 */
#include "e2e.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "forklab-audit/1"

/* ---- Reading ---- */

/* The n-th registration that is the allocator's. */
static json_t *registration(const json_t *audit, size_t n)
{
	size_t i;
	json_t *each;
	json_array_foreach(json_object_get(audit, "registrations"), i, each)
	{
		if (!e2e_bool(each, "own") && n-- == 0)
			return each;
	}
	e2e_fail("%s has too few registrations", e2e_text(audit, "allocator"));
}

static size_t registrations(const json_t *audit)
{
	size_t i, count = 0;
	const json_t *each;
	json_array_foreach(json_object_get(audit, "registrations"), i, each) count +=
		!e2e_bool(each, "own");
	return count;
}

static json_t *handler(const json_t *registered, const char *side)
{
	json_t *found = json_object_get(registered, side);
	assert_true(json_is_object(found));
	return found;
}

static json_int_t did(const json_t *registered, const char *side, const char *what)
{
	return e2e_number(json_object_get(handler(registered, side), "did"), what);
}

/* An audit of one allocator, which the caller releases together with *report. */
static json_t *run_audit(json_t **report, const char *runners, const char *allocator, int status)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("audit", "--runners", e2e_directory(runners), "-a", allocator,
				 "--format", "json"));
	*report = e2e_json_of(&result, SCHEMA);
	assert_int_equal(result.status, status);
	e2e_free(&result);
	return e2e_of_allocator(*report, "audits", allocator);
}

static json_t *run_fault(json_t **report, const char *fault, int status)
{
	e2e_env("FORKLAB_FAULT", fault);
	json_t *audit = run_audit(report, "FORKLAB_FAULTS", "fault", status);
	e2e_env("FORKLAB_FAULT", NULL);
	return audit;
}

/* ---- Known answers ---- */

static const struct audit_answer {
	const char *allocator, *kind, *atfork;
	int locks, reset_only;
	const char *sentence;
} answers[] = {
	{"teach-none", "none", "none", 0, 0, "none"},
	{"teach-spin", "none", "none", 0, 0, "none"},
	{"teach-timed", "none", "none", 0, 0, "none"},
	{"teach-nolock", "none", "none", 0, 0, "none"},
	{"teach-empty", "empty", "empty", 0, 0, "registered but empty"},
	{"teach-lockall", "locks-releases", "locks 2", 2, 0,
		"locks 2 words, releases them in the child"},
	{"teach-reinit", "locks-reinitialises", "locks 2", 2, 0,
		"locks 2 words, re-initialises them in the child"},
	{"teach-resetonly", "resets", "resets 2", 0, 2,
		"re-initialises 2 words in the child without having locked"},
	{"teach-forgot", "locks-releases", "locks 1 of 2", 1, 0,
		"locks 1 word, releases it in the child; leaves alone: teach chunks lock"},
};
enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

static void check_all_known(const json_t *report, int status)
{
	size_t i;
	const json_t *audit;
	json_array_foreach(json_object_get(report, "audits"), i, audit)
	{
		if (strcmp(e2e_text(audit, "kind"), "unknown") == 0)
			print_message(
				"%s: %s\n", e2e_text(audit, "allocator"), e2e_text(audit, "why"));
	}
	assert_int_equal(status, 0);
}

static void teaching_allocators_are_what_they_are(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("audit", "--format", "json"));
	json_t *report = e2e_json_of(&result, SCHEMA);
	check_all_known(report, result.status);
	for (size_t i = 0; i < ANSWERS; i++) {
		const struct audit_answer *answer = &answers[i];
		const json_t *audit = e2e_of_allocator(report, "audits", answer->allocator);
		assert_string_equal(e2e_text(audit, "kind"), answer->kind);
		assert_string_equal(e2e_text(audit, "atfork"), answer->atfork);
		assert_string_equal(e2e_text(audit, "sentence"), answer->sentence);
		assert_int_equal(e2e_number(audit, "locks"), answer->locks);
		assert_int_equal(e2e_number(audit, "reset_only"), answer->reset_only);
		assert_int_equal(e2e_number(audit, "left_locked"), 0);
	}
	json_decref(report);
	e2e_free(&result);
}

/* Its locks are named, and each handler did what its source says. */
static void a_teaching_allocator_in_detail(void **state)
{
	(void)state;
	json_t *report, *audit = run_audit(&report, "FORKLAB_RUNNERS", "teach-lockall", 0);
	size_t i, bins = 0, chunks = 0;
	const json_t *word, *registered = registration(audit, 0);
	json_array_foreach(json_object_get(audit, "words"), i, word)
	{
		bins += strcmp(e2e_text(word, "name"), "teach bins lock") == 0;
		chunks += strcmp(e2e_text(word, "name"), "teach chunks lock") == 0;
	}
	assert_int_equal(bins, 1);
	assert_int_equal(chunks, 1);
	assert_int_equal(registrations(audit), 1);
	assert_non_null(strstr(e2e_text(handler(registered, "prepare"), "name"), "prepare"));
	assert_non_null(strstr(e2e_text(handler(registered, "child"), "name"), "both_sides"));
	assert_int_equal(did(registered, "prepare", "syscalls"), 2); /* gettid, for each lock */
	assert_int_equal(did(registered, "prepare", "locked"), 2);
	assert_int_equal(did(registered, "parent", "instructions"),
		did(registered, "child", "instructions"));
	assert_true(json_is_number(json_object_get(handler(registered, "prepare"), "median_ns")));
	assert_true(json_is_null(json_object_get(handler(registered, "child"), "median_ns")));
	json_decref(report);
}

/* ---- Real allocators ---- */

static void glibc_locks_by_itself(void **state)
{
	(void)state;
	json_t *report, *audit = run_audit(&report, "FORKLAB_RUNNERS", "glibc", 0);
	assert_string_equal(e2e_text(audit, "kind"), "libc-internal");
	assert_string_equal(e2e_text(audit, "atfork"), "libc");
	assert_int_equal(registrations(audit), 0);
	/* The list of arenas, and the arenas of two threads. */
	assert_true(e2e_number(audit, "locks") >= 3);
	assert_int_equal(e2e_number(audit, "left_locked"), 0);
	/* The arena that main uses. */
	size_t i, of_malloc = 0;
	const json_t *word;
	json_array_foreach(json_object_get(audit, "words"), i, word) of_malloc +=
		e2e_bool(word, "of_malloc");
	assert_int_equal(of_malloc, 1);
	json_decref(report);
}

/*
 * glibc's checking library forwards to libc's malloc unless checks are on: then it has a lock of
 * its own, which fork() does not know.
 */
static void it_is_the_lock_that_tells_whose_malloc_it_is(void **state)
{
	static const char *const kinds[] = {"libc-internal", "none"};
	(void)state;
	for (int checks = 0; checks < 2; checks++) {
		struct e2e_result result;
		e2e_env("MALLOC_CHECK_", checks ? "3" : NULL);
		e2e_run(&result, E2E_ARGS("audit", "--preload", "libc_malloc_debug.so.0", "--name",
					 "checks", "--format", "json"));
		e2e_env("MALLOC_CHECK_", NULL);
		if (result.status == 2) {
			e2e_free(&result);
			print_message("skipped: no libc_malloc_debug.so.0\n");
			skip();
		}
		json_t *report = e2e_json_of(&result, SCHEMA);
		assert_string_equal(e2e_text(e2e_of_allocator(report, "audits", "checks"), "kind"),
			kinds[checks]);
		assert_string_equal(
			e2e_text(e2e_of_allocator(report, "audits", "glibc"), "kind"), kinds[0]);
		json_decref(report);
		e2e_free(&result);
	}
}

static const struct real_handlers {
	const char *allocator, *kind, *door;
	const char *called; /* a column that is not 0 in its prepare handler */
} reals[] = {
	{"jemalloc", "locks-reinitialises", "__register_atfork", "mutex_calls"},
	{"tcmalloc", "locks-releases", "libc's old pthread_atfork", "stores"},
	{"tcmalloc-minimal", "locks-releases", "libc's old pthread_atfork", "stores"},
	{"mimalloc", "none", NULL, NULL},
};

/* fork() protects libc's malloc below it, and nothing protects its own lock. */
static void an_allocator_on_top_of_libcs_has_none_of_its_own(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("audit", "--preload", FORKLAB_PRELOAD_OWN_LOCK, "--name", "own",
				 "--format", "json"));
	json_t *report = e2e_json_of(&result, SCHEMA);
	const json_t *audit = e2e_of_allocator(report, "audits", "own");
	assert_string_equal(e2e_text(audit, "kind"), "none-of-its-own");
	assert_string_equal(e2e_text(audit, "atfork"), "none of its own");
	json_decref(report);
	e2e_free(&result);
}

static void real_allocators_are_what_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		const struct real_handlers *real = &reals[i];
		json_t *report;
		if (!e2e_has_runner(real->allocator))
			continue;
		const json_t *audit = run_audit(&report, "FORKLAB_RUNNERS", real->allocator, 0);
		assert_string_equal(e2e_text(audit, "kind"), real->kind);
		assert_int_equal(registrations(audit), real->door ? 1 : 0);
		if (real->door) {
			const json_t *registered = registration(audit, 0);
			assert_string_equal(e2e_text(registered, "door"), real->door);
			assert_non_null(strstr(e2e_text(registered, "caller"), "malloc"));
			assert_true(did(registered, "prepare", real->called) > 0);
			assert_true(did(registered, "prepare", "locked") > 1);
			/* Before main(): before the application's own, so after it in prepare. */
			assert_int_equal(e2e_number(handler(registered, "prepare"), "order"), 2);
			assert_int_equal(e2e_number(handler(registered, "parent"), "order"), 1);
		}
		json_decref(report);
	}
}

/* ---- Planted handlers ---- */

static const struct planted_handlers {
	const char *fault, *kind;
	int locks, released, reinitialised, left;
} planted[] = {
	{"", "locks-nothing", 0, 0, 0, 0}, /* its own handler notes a fork */
	{"atfork-twice", "locks-nothing", 0, 0, 0, 0},
	{"atfork-left", "locks-abandons", 2, 1, 0, 1},
	{"atfork-mixed", "locks-mixed", 2, 1, 1, 0},
	{"atfork-plain", "locks-releases", 2, 2, 0, 0},
	{"atfork-late", "locks-releases", 2, 2, 0, 0},
	{"atfork-old", "locks-releases", 2, 2, 0, 0},
	{"atfork-mutex", "locks-releases", 1, 1, 0, 0},
	{"atfork-mutex-init", "locks-reinitialises", 1, 0, 1, 0},
};

static void planted_handlers_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		const struct planted_handlers *plant = &planted[i];
		json_t *report, *audit = run_fault(&report, plant->fault, 0);
		assert_string_equal(e2e_text(audit, "kind"), plant->kind);
		assert_int_equal(e2e_number(audit, "locks"), plant->locks);
		assert_int_equal(e2e_number(audit, "released"), plant->released);
		assert_int_equal(e2e_number(audit, "reinitialised"), plant->reinitialised);
		assert_int_equal(e2e_number(audit, "left_locked"), plant->left);
		json_decref(report);
	}
}

static void a_duplicate_is_told(void **state)
{
	(void)state;
	json_t *report, *audit = run_fault(&report, "atfork-twice", 0);
	/* The first is the one that every planted allocator has. */
	assert_int_equal(registrations(audit), 3);
	assert_true(json_is_null(json_object_get(registration(audit, 1), "duplicate_of")));
	assert_int_equal(e2e_number(registration(audit, 2), "duplicate_of"),
		e2e_number(registration(audit, 1), "number"));
	/* Before a fork the last one runs first. */
	assert_true(e2e_number(handler(registration(audit, 2), "prepare"), "order") <
		    e2e_number(handler(registration(audit, 1), "prepare"), "order"));
	assert_true(e2e_number(handler(registration(audit, 2), "child"), "order") >
		    e2e_number(handler(registration(audit, 1), "child"), "order"));
	json_decref(report);
}

static void a_late_registration_comes_after_the_applications(void **state)
{
	(void)state;
	json_t *report, *audit = run_fault(&report, "atfork-late", 0);
	const json_t *late = registration(audit, 1);
	assert_int_equal(e2e_number(handler(late, "prepare"), "order"), 1);
	assert_true(e2e_number(late, "number") > 2); /* the first, the application's, and this */
	json_decref(report);
}

static void the_old_door_is_told(void **state)
{
	(void)state;
	json_t *report, *audit = run_fault(&report, "atfork-old", 0);
	assert_string_equal(e2e_text(registration(audit, 0), "door"), "__register_atfork");
	assert_string_equal(e2e_text(registration(audit, 1), "door"), "libc's old pthread_atfork");
	json_decref(report);
}

/* A handler that must not be called twice is not timed. */
static void without_a_parent_handler_there_is_no_time(void **state)
{
	(void)state;
	json_t *report, *audit = run_fault(&report, "atfork-no-parent", 0);
	const json_t *prepare = handler(registration(audit, 1), "prepare");
	assert_true(json_is_null(json_object_get(prepare, "median_ns")));
	json_decref(report);
}

/* Handlers that never come back or kill: the audit ends, and says where. */
static void what_cannot_be_audited_is_not_known(void **state)
{
	static const struct {
		const char *fault, *why;
	} bad[] = {
		{"prepare-hang", "fork() waits in its prepare handlers"},
		{"prepare-crash", "the process ended in its prepare handlers"},
		{"parent-crash", "the process ended in its parent handlers"},
		{"atfork-child-end", "the process ended in its child handlers"},
		{"atfork-child-hang", "fork() waits in its child handlers"},
		{"start-crash", "killed by SIGSEGV before its fork"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *report, *audit = run_fault(&report, bad[i].fault, 3);
		assert_string_equal(e2e_text(audit, "kind"), "unknown");
		assert_string_equal(e2e_text(audit, "atfork"), "?");
		assert_non_null(strstr(e2e_text(audit, "why"), bad[i].why));
		json_decref(report);
	}
}

/* ---- Ends ---- */

/* Starts an audit that steps through an endless loop, to be ended before its time limit. */
static void start_endless(struct e2e_process *process)
{
	struct e2e_found runner;
	e2e_env("FORKLAB_FAULT", "prepare-spin");
	e2e_start(process, E2E_ARGS("audit", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				   "fault", "--format", "json"));
	e2e_env("FORKLAB_FAULT", NULL);
	assert_true(e2e_find_runner(process, &runner));
	e2e_sleep_ms(300);
}

static void an_interrupt_ends_it(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	start_endless(&process);
	assert_int_equal(kill(process.pid, SIGINT), 0);
	e2e_finish(&process, &result, 30);
	assert_int_equal(result.status, 128 + SIGINT);
	json_t *report = e2e_json_of(&result, SCHEMA);
	assert_true(e2e_bool(report, "partial"));
	assert_int_equal(json_array_size(json_object_get(report, "audits")), 0);
	json_decref(report);
	e2e_free(&result);
}

static void nothing_stays_behind_when_it_is_killed(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	start_endless(&process);
	assert_int_equal(kill(process.pid, SIGKILL), 0);
	/* Waits for the end of all its processes, too. */
	e2e_finish(&process, &result, 30);
	assert_int_equal(result.status, -SIGKILL);
	e2e_free(&result);
}

/* ---- The same every time ---- */

static void forget(json_t *audit)
{
	size_t i;
	json_t *each;
	json_object_del(audit, "seconds");
	json_array_foreach(json_object_get(audit, "registrations"), i, each)
	{
		json_object_del(json_object_get(each, "prepare"), "median_ns");
	}
}

static void two_audits_are_equal(void **state)
{
	static const char *const names[] = {"glibc", "jemalloc", "tcmalloc", "teach-reinit"};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *reports[2], *audits[2];
		if (!e2e_has_runner(names[i]))
			continue;
		for (int k = 0; k < 2; k++) {
			audits[k] = run_audit(&reports[k], "FORKLAB_RUNNERS", names[i], 0);
			forget(audits[k]);
		}
		assert_true(json_equal(audits[0], audits[1]));
		json_decref(reports[0]);
		json_decref(reports[1]);
	}
}

/* ---- For people ---- */

static void each_allocator_has_a_row(void **state)
{
	static const char *const formats[] = {"text", "markdown"};
	char names[256] = "glibc";
	(void)state;
	for (size_t k = 0; k < ANSWERS; k++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), ",%s",
			answers[k].allocator);
	for (int i = 0; i < 2; i++) {
		struct e2e_result result;
		e2e_run(&result, E2E_ARGS("audit", "-a", names, "--format", formats[i]));
		assert_int_equal(result.status, 0);
		for (size_t k = 0; k < ANSWERS; k++) {
			assert_non_null(strstr(result.out, answers[k].allocator));
			assert_non_null(strstr(result.out, answers[k].sentence));
		}
		assert_non_null(strstr(result.out, "libc-internal"));
		e2e_free(&result);
	}
}

static void the_comparison_table_tells_it(void **state)
{
	struct e2e_result result;
	(void)state;
	e2e_run(&result, E2E_ARGS("run", "--details", "-a", "glibc,teach-forgot", "-s", "pool",
				 "-m", "fork", "--trials", "1", "--budget", "60"));
	assert_non_null(strstr(result.out, "atfork"));
	assert_non_null(strstr(result.out, "locks 1 of 2"));
	assert_non_null(strstr(result.out, "leaves alone: teach chunks lock"));
	e2e_free(&result);
	e2e_run(&result, E2E_ARGS("run", "-a", "glibc,teach-forgot", "-s", "pool", "-m", "fork",
				 "--trials", "1", "--budget", "60", "--format", "json"));
	json_t *report = e2e_json(&result);
	size_t i;
	const json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		bool glibc = strcmp(e2e_text(cell, "allocator"), "glibc") == 0;
		assert_string_equal(e2e_text(cell, "atfork"), glibc ? "libc" : "locks 1 of 2");
	}
	assert_int_equal(i, 4);
	json_decref(report);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(teaching_allocators_are_what_they_are),
		cmocka_unit_test(a_teaching_allocator_in_detail),
		cmocka_unit_test(glibc_locks_by_itself),
		cmocka_unit_test(it_is_the_lock_that_tells_whose_malloc_it_is),
		cmocka_unit_test(an_allocator_on_top_of_libcs_has_none_of_its_own),
		cmocka_unit_test(real_allocators_are_what_they_are),
		cmocka_unit_test(planted_handlers_are_told_apart),
		cmocka_unit_test(a_duplicate_is_told),
		cmocka_unit_test(a_late_registration_comes_after_the_applications),
		cmocka_unit_test(the_old_door_is_told),
		cmocka_unit_test(without_a_parent_handler_there_is_no_time),
		cmocka_unit_test(what_cannot_be_audited_is_not_known),
		cmocka_unit_test(an_interrupt_ends_it),
		cmocka_unit_test(nothing_stays_behind_when_it_is_killed),
		cmocka_unit_test(two_audits_are_equal),
		cmocka_unit_test(each_allocator_has_a_row),
		cmocka_unit_test(the_comparison_table_tells_it),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
