/*
 * Children that hang on locks of libc and of the application: whose they are is told, and they are
 * not held against the allocator.
 */
#include "e2e.h"

#include <stdio.h>
#include <string.h>

static const struct hang {
	const char *allocator, *scenario, *method;
	const char *origin, *waits_for, *said;
} hangs[] = {
	{"foreign-jemalloc", "libc-time", "fork", "libc", "lock", "libc's lock"},
	{"foreign-glibc", "libc-time", "fork", "libc", "lock", "libc's lock"},
	{"foreign-jemalloc", "libc-file", "_Fork", "libc", "file", "libc's lock of a FILE"},
	{"foreign-jemalloc", "own-rwlock", "fork", "application", "rwlock",
		"the application's rwlock"},
	{"foreign-glibc", "own-condition", "fork", "application", "condition",
		"the application's condition variable"},
};

/*
 * Nothing but malloc has a lock in these sweeps. libtcmalloc.so.4 is a symbolic link, and
 * tbbmalloc's locks are not in the proxy that has its malloc but in a library that the proxy is
 * linked with.
 */
static const struct own_lock {
	const char *allocator, *scenario, *method;
	const char *said; /* NULL: its build decides what the lock can be called */
} own_locks[] = {
	{"glibc", "pool", "_Fork", NULL},
	{"jemalloc", "pool", "_Fork", "in libjemalloc.so.2"},
	{"tcmalloc", "basic", "_Fork", "on the lock tcmalloc::"},
	{"tcmalloc-minimal", "basic", "_Fork", NULL},
	{"scudo", "basic", "_Fork", NULL},
	{"tbbmalloc", "pool", "fork", NULL},
	/* The main thread joins the one that spins, and it is the latter that is told of. */
	{"tbbmalloc", "concurrent", "_Fork", NULL},
	{"musl", "pool", "_Fork", NULL},
};

/* By its variable, else by what takes it; never by a bare address or a mangled name. */
static void check_lock_name(const json_t *finding, const char *said)
{
	const char *sentence = e2e_text(finding, "sentence");
	bool good = (!said || strstr(sentence, said)) && !strstr(sentence, " at 0x") &&
		    !strstr(sentence, "_Z") && !strstr(sentence, ".so.6+0x");
	if (!good)
		e2e_fail("the lock is not named as '%s' in '%s'", said ? said : "(any)", sentence);
}

static void its_own_locks_are_held_against_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own_locks) / sizeof(*own_locks); i++) {
		const struct own_lock *own = &own_locks[i];
		if (!e2e_has_runner(own->allocator))
			continue;
		json_t *report = e2e_run_json(
			E2E_ARGS("sweep", "-a", own->allocator, "-s", own->scenario, "-m",
				own->method, "--budget", "15", "--format", "json"),
			0);
		const json_t *cell = e2e_only_cell(report);
		const json_t *counts = json_object_get(cell, "counts");
		print_message("%s\n", own->allocator);
		assert_true(e2e_number(counts, "livelock") + e2e_number(counts, "deadlock") > 0);
		assert_int_equal(e2e_number(cell, "not_allocators"), 0);
		assert_string_not_equal(e2e_text(e2e_finding(cell), "waits_for"), "thread");
		check_lock_name(e2e_finding(cell), own->said);
		json_decref(report);
	}
}

/* Runners with scenarios of their own: their catalogue has no others. */
static int begin(void **state)
{
	if (e2e_make_home(state) != 0)
		return -1;
	e2e_copy_runners(e2e_directory("FORKLAB_FAULTS"), e2e_in_home(NULL),
		"foreign-glibc foreign-jemalloc");
	return 0;
}

static bool has_fault(const char *allocator)
{
	char path[E2E_PATH_MAX];
	snprintf(path, sizeof(path), "%s/forklab-run-%s", e2e_directory("FORKLAB_FAULTS"),
		allocator);
	FILE *file = fopen(path, "r");
	if (file)
		(void)fclose(file);
	return file != NULL;
}

static void check_hang(const struct hang *hang)
{
	json_t *report =
		e2e_run_json(E2E_ARGS("sweep", "--runners", e2e_in_home(NULL), "-a",
				     hang->allocator, "-s", hang->scenario, "-m", hang->method,
				     "--budget", "900", "--fail-on", "bad", "--format", "json"),
			0);
	const json_t *cell = e2e_only_cell(report), *finding = e2e_finding(cell);
	assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
	assert_true(e2e_number(cell, "bad") > 0);
	assert_int_equal(e2e_number(cell, "not_allocators"), e2e_number(cell, "bad"));
	assert_string_equal(e2e_text(finding, "lock_origin"), hang->origin);
	assert_string_equal(e2e_text(finding, "waits_for"), hang->waits_for);
	assert_false(e2e_bool(finding, "held_against_allocator"));
	if (!strstr(e2e_text(finding, "sentence"), hang->said))
		e2e_fail("%s: '%s' is not in '%s'", hang->scenario, hang->said,
			e2e_text(finding, "sentence"));
	json_decref(report);
}

static void a_lock_of_another_is_not_held_against_the_allocator(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hangs) / sizeof(hangs[0]); i++)
		if (has_fault(hangs[i].allocator))
			check_hang(&hangs[i]);
}

/* In the middle of the last window the owner has signed, and does not release the lock yet. */
static int middle_of_window(const char *scenario, const char *method)
{
	json_t *report = e2e_run_json(
		E2E_ARGS("sweep", "--runners", e2e_in_home(NULL), "-a", "foreign-glibc", "-s",
			scenario, "-m", method, "--budget", "900", "--format", "json"),
		0);
	const json_t *windows = json_object_get(e2e_only_cell(report), "windows");
	assert_true(json_array_size(windows) > 0);
	const json_t *window = json_array_get(windows, json_array_size(windows) - 1);
	int middle = (int)(e2e_number(window, "first") + e2e_number(window, "last")) / 2;
	json_decref(report);
	return middle;
}

/* cur_writer of a reader-writer lock, and the pthread_self() that owns a stream. */
static void the_owner_of_each_kind_of_lock_is_found(void **state)
{
	static const char *const of[][2] = {{"own-rwlock", "fork"}, {"libc-file", "_Fork"}};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char point[16];
		snprintf(point, sizeof(point), "%d", middle_of_window(of[i][0], of[i][1]));
		json_t *report =
			e2e_run_json(E2E_ARGS("sweep", "--runners", e2e_in_home(NULL), "-a",
					     "foreign-glibc", "-s", of[i][0], "-m", of[i][1],
					     "--point", point, "--format", "json"),
				0);
		assert_string_equal(
			e2e_text(e2e_finding(e2e_only_cell(report)), "owner"), "worker 0");
		json_decref(report);
	}
}

static void it_is_a_failure_on_request(void **state)
{
	struct e2e_result result;
	(void)state;
	e2e_run(&result,
		E2E_ARGS("stress", "--runners", e2e_in_home(NULL), "-a", "foreign-glibc", "-s",
			"own-condition", "-m", "fork", "--trials", "3", "--fail-on", "bad"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "In 1 cell the child hung on"));
	assert_null(strstr(result.out, "child can hang"));
	e2e_free(&result);
	e2e_run(&result,
		E2E_ARGS("stress", "--runners", e2e_in_home(NULL), "-a", "foreign-glibc", "-s",
			"own-condition", "-m", "fork", "--trials", "3", "--fail-on", "bad,any"));
	assert_int_equal(result.status, 1);
	e2e_free(&result);
}

/* An allocator on top of libc's: the lock is its own, although libc's malloc is below it. */
static void an_allocator_is_not_excused(void **state)
{
	(void)state;
	json_t *report =
		e2e_run_json(E2E_ARGS("sweep", "--preload", FORKLAB_PRELOAD_OWN_LOCK, "--name",
				     "own", "-a", "own", "-s", "pool", "-m", "fork", "--budget",
				     "900", "--fail-on", "bad", "--format", "json"),
			1);
	const json_t *cell = e2e_only_cell(report);
	assert_int_equal(e2e_number(cell, "not_allocators"), 0);
	assert_string_equal(e2e_text(e2e_finding(cell), "lock_origin"), "allocator");
	json_decref(report);
}

/* musl has no call frame information, and its FILE lies in memory from malloc(). */
static void musls_stream_is_libcs(void **state)
{
	(void)state;
	if (!e2e_has_runner("musl"))
		skip();
	json_t *report =
		e2e_run_json(E2E_ARGS("sweep", "-a", "musl", "-s", "stdio", "-m", "fork",
				     "--budget", "900", "--fail-on", "bad", "--format", "json"),
			0);
	const json_t *cell = e2e_only_cell(report), *finding = e2e_finding(cell);
	assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
	assert_int_equal(e2e_number(cell, "not_allocators"), e2e_number(cell, "bad"));
	assert_string_equal(e2e_text(finding, "lock_origin"), "libc");
	assert_string_equal(e2e_text(finding, "waits_for"), "file");
	assert_string_equal(e2e_text(finding, "owner"), "worker 0");
	json_decref(report);

	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("explain", "-a", "musl", "-s", "stdio", "-m", "fork"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "it is libc's, not the allocator's"));
	assert_null(strstr(result.out, "on the stack of"));
	assert_null(strstr(result.out, "calls no allocator"));
	assert_non_null(strstr(result.out, "flockfile()"));
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_of_another_is_not_held_against_the_allocator),
		cmocka_unit_test(the_owner_of_each_kind_of_lock_is_found),
		cmocka_unit_test(it_is_a_failure_on_request),
		cmocka_unit_test(an_allocator_is_not_excused),
		cmocka_unit_test(musls_stream_is_libcs),
		cmocka_unit_test(its_own_locks_are_held_against_it),
	};
	return E2E_MAIN(argc, argv, tests, begin, e2e_remove_home);
}
