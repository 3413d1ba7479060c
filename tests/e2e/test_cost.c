/*
 * The costs of a fork, measured with allocators whose costs are known. Memory must match to the
 * byte. Of times only lower bounds are tested, since they hold under any load: what burns five
 * milliseconds takes five or more.
 */
#include "e2e.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCHEMA "forklab-cost/1"
#define MS     1000000.0

/* ---- Running and reading ---- */

static const char *const settings[] = {"PREPARE_US", "PARENT_US", "CHILD_US", "ROUND_US", "HOLD_US",
	"PAGES", "CALL_PAGES", "STASH", "HANG", "SPOIL", "FULL", "NO_HUGE", "ANSWER", "CLIENT_MS"};

static void setting(const char *what, const char *value)
{
	char name[64];
	snprintf(name, sizeof(name), "FORKLAB_KNOWN_%s", what);
	e2e_env(name, value);
}

static int forget_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		setting(settings[i], NULL);
	return 0;
}

/* One cell of the allocator with known costs. The caller releases it. */
static json_t *known_cost(const char *threads, const char *rounds)
{
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("cost", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "known-cost", "--threads", threads, "--heap", "1M", "--rounds",
				 rounds, "--budget", "600", "--format", "json"));
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	assert_int_equal(json_array_size(json_object_get(report, "results")), 1);
	return report;
}

static json_t *cell_of(const json_t *report, size_t index)
{
	json_t *cell = json_array_get(json_object_get(report, "results"), index);
	assert_non_null(cell);
	return cell;
}

static json_t *figure_of(const json_t *cell, const char *key)
{
	json_t *figure = json_object_get(json_object_get(cell, "figures"), key);
	if (!figure)
		e2e_fail("there is no figure '%s'", key);
	return figure;
}

static double real(const json_t *figure, const char *key)
{
	const json_t *value = json_object_get(figure, key);
	if (!json_is_number(value))
		e2e_fail("'%s' is no number but: %s", key,
			json_is_string(json_object_get(figure, "why"))
				? json_string_value(json_object_get(figure, "why"))
				: "nothing");
	return json_number_value(value);
}

static double value(const json_t *report, const char *key)
{
	return real(figure_of(cell_of(report, 0), key), "value");
}

static void assert_bytes(const json_t *report, const char *key, double expected)
{
	double got = value(report, key);
	if (got != expected)
		e2e_fail("%s is %.0f bytes and not %.0f", key, got, expected);
}

static void assert_at_least(const json_t *report, const char *key, double least)
{
	double low = real(figure_of(cell_of(report, 0), key), "low");
	if (low < least)
		e2e_fail("%s is %.0f ns in some round, which is less than %.0f", key, low, least);
}

/* ---- Known answers ---- */

static void burnt_time_is_found_where_it_is_burnt(void **state)
{
	(void)state;
	setting("PREPARE_US", "5000");
	setting("PARENT_US", "3000");
	setting("CHILD_US", "2000");
	json_t *report = known_cost("1", "1");
	assert_at_least(report, "fork_prepare_ns", 5 * MS);
	assert_at_least(report, "fork_parent_ns", 3 * MS);
	assert_at_least(report, "fork_p50_ns", 8 * MS);
	assert_at_least(report, "fork_first_ns", 8 * MS);
	assert_at_least(report, "child_handlers_ns", 2 * MS);
	assert_true(value(report, "fork_max_ns") >= value(report, "fork_p99_ns"));
	assert_true(value(report, "fork_p99_ns") >= value(report, "fork_p50_ns"));
	json_decref(report);
}

/* Each fork waits for a thread that wants the lock, and then keeps it waiting. */
static void a_lock_that_is_held_stalls_the_others(void **state)
{
	(void)state;
	setting("HOLD_US", "5000");
	json_t *report = known_cost("1", "1");
	assert_at_least(report, "stall_max_ns", 5 * MS);
	assert_at_least(report, "stall_p50_ns", 5 * MS);
	json_decref(report);
}

/*
 * Against the same allocator without that fault: its handlers copy nothing, and the first call has
 * pages of its own.
 */
static void pages_are_counted_to_the_byte(void **state)
{
	(void)state;
	json_t *none = known_cost("2", "1");
	assert_bytes(none, "copied_handlers_bytes", 0);
	setting("PAGES", "37");
	setting("CALL_PAGES", "11");
	json_t *some = known_cost("2", "1");
	assert_bytes(some, "copied_handlers_bytes", 37 * 4096);
	assert_bytes(some, "copied_first_bytes", value(none, "copied_first_bytes") + 11 * 4096);
	assert_true(value(some, "child_first_faults") == value(none, "child_first_faults") + 11);
	assert_true(value(none, "own_faults") == 0);
	assert_true(value(some, "own_faults") == 0);
	json_decref(none);
	json_decref(some);
}

/* Of its 32 blocks of 256 bytes each of three threads keeps nine, until it ends. */
static void what_threads_keep_is_counted_to_the_byte(void **state)
{
	(void)state;
	json_t *none = known_cost("3", "1");
	assert_bytes(none, "stranded_bytes", 0);
	json_decref(none);
	setting("STASH", "9");
	json_t *some = known_cost("3", "1");
	assert_bytes(some, "stranded_bytes", 3 * 9 * 256);
	assert_bytes(some, "stranded_despite_threads_bytes", 3 * 9 * 256);
	assert_bytes(some, "stranded_after_exit_bytes", 0);
	json_decref(some);
}

/* ---- Servers ---- */

static void run_server(struct e2e_result *result, const char *server)
{
	e2e_run(result, E2E_ARGS("cost", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				"known-cost", "--server", server, "--threads", "1", "--heap", "2M",
				"--rounds", "1", "--budget", "600", "--format", "json"));
}

/* The first request after the fork was due when the fork was called. */
static void a_snapshot_is_verified_and_a_request_waits_for_fork(void **state)
{
	(void)state;
	struct e2e_result result;
	setting("PREPARE_US", "5000");
	run_server(&result, "snapshot");
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	assert_at_least(report, "snapshot_fork_ns", 5 * MS);
	assert_at_least(report, "snapshot_stall_ns", 5 * MS);
	assert_at_least(report, "snapshot_time_ns", 5 * MS);
	assert_true(value(report, "snapshot_verified_bytes") >= 2 << 20);
	assert_true(value(report, "snapshot_copied_bytes") > 0);
	json_decref(report);
}

static void a_spoiled_snapshot_is_found(void **state)
{
	(void)state;
	struct e2e_result result;
	setting("SPOIL", "1");
	run_server(&result, "snapshot");
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	const json_t *cell = cell_of(report, 0);
	assert_true(e2e_bool(cell, "corrupt"));
	assert_non_null(strstr(e2e_text(cell, "why"), "the snapshot is not what the heap was"));
	assert_true(json_is_null(json_object_get(cell, "figures")));
	json_decref(report);
}

static void a_full_disk_is_told(void **state)
{
	(void)state;
	struct e2e_result result;
	setting("FULL", "1");
	run_server(&result, "snapshot");
	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "the snapshot cannot be written to $TMPDIR or /tmp: No "
					   "space left on device"));
	e2e_free(&result);
	setting("FULL", NULL);
	e2e_env("TMPDIR", "/nowhere");
	run_server(&result, "snapshot");
	e2e_env("TMPDIR", NULL);
	assert_int_equal(result.status, 2);
	assert_non_null(strstr(result.err, "No such file or directory"));
	e2e_free(&result);
}

static const char *const listening[] = {"prefork", "pool"};
enum { LISTENING = 2 };

static double of_server(const json_t *report, const char *server, const char *what)
{
	char key[64];
	snprintf(key, sizeof(key), "%s_%s", server, what);
	return value(report, key);
}

static void each_request_has_its_answer(void **state)
{
	(void)state;
	setting("CHILD_US", "3000");
	for (int i = 0; i < LISTENING; i++) {
		struct e2e_result result;
		run_server(&result, listening[i]);
		assert_int_equal(result.status, 0);
		json_t *report = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
		assert_true(of_server(report, listening[i], "requests_per_s") > 0);
		assert_true(of_server(report, listening[i], "hung") == 0);
		assert_true(of_server(report, listening[i], "child_bytes") > 0);
		/* A child for each connection pays for each of them. */
		if (i == 0)
			assert_at_least(
				report, "prefork_request_p50_ns", 3 * MS * 31 / 32); /* a bucket */
		json_decref(report);
	}
}

static void a_request_whose_child_hangs_is_told(void **state)
{
	(void)state;
	setting("HANG", "2");
	for (int i = 0; i < LISTENING; i++) {
		struct e2e_result result;
		run_server(&result, listening[i]);
		json_t *report = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
		assert_true(of_server(report, listening[i], "hung") > 0);
		assert_true(e2e_number(cell_of(report, 0), "hung") > 0);
		json_decref(report);
	}
}

static void a_request_whose_child_ends_without_an_answer_is_told(void **state)
{
	(void)state;
	setting("HANG", "3");
	for (int i = 0; i < LISTENING; i++) {
		struct e2e_result result;
		run_server(&result, listening[i]);
		json_t *report = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
		const json_t *cell = cell_of(report, 0);
		assert_false(e2e_bool(cell, "corrupt"));
		assert_true(e2e_number(cell, "answers_cut_short") > 0);
		assert_non_null(strstr(e2e_text(cell, "why"), " of the server ended early"));
		json_decref(report);
	}
}

/* Each kind has a count and a sentence of its own, and only wrong bytes are a corruption. */
static void late_short_and_wrong_answers_are_three_things(void **state)
{
	(void)state;
	static const struct {
		const char *fault, *count, *why;
		bool corrupt;
	} kinds[] = {
		{"1", "answers_wrong", " of the server had wrong bytes", true},
		{"2", "answers_cut_short", " of the server ended early", false},
		{"3", "answers_late", NULL, false},
	};
	enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
	for (int i = 0; i < LISTENING * KINDS; i++) {
		const int kind = i % KINDS;
		struct e2e_result result;
		setting("ANSWER", kinds[kind].fault);
		run_server(&result, listening[i / KINDS]);
		assert_int_equal(result.status, 0);
		json_t *report = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
		const json_t *cell = cell_of(report, 0);
		for (int k = 0; k < KINDS; k++)
			assert_int_equal(e2e_number(cell, kinds[k].count) > 0, k == kind);
		assert_int_equal(e2e_bool(cell, "corrupt"), kinds[kind].corrupt);
		assert_int_equal(
			json_is_object(json_object_get(cell, "figures")), !kinds[kind].why);
		if (kinds[kind].why)
			assert_non_null(strstr(e2e_text(cell, "why"), kinds[kind].why));
		assert_int_equal(e2e_number(cell, "hung"), 0);
		json_decref(report);
	}
}

/* A client that is not scheduled between its connection and its request is served nevertheless. */
static void a_slow_client_is_served(void **state)
{
	(void)state;
	setting("CLIENT_MS", "100");
	for (int i = 0; i < LISTENING; i++) {
		struct e2e_result result;
		run_server(&result, listening[i]);
		assert_int_equal(result.status, 0);
		json_t *report = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
		const json_t *cell = cell_of(report, 0);
		assert_int_equal(e2e_number(cell, "answers_cut_short"), 0);
		assert_int_equal(e2e_number(cell, "answers_wrong"), 0);
		assert_true(of_server(report, listening[i], "requests_per_s") > 0);
		json_decref(report);
	}
}

/* A socket that listens on a port of the kernel's choice, or does so no more. */
static uint16_t listen_somewhere(int *fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*fd >= 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(*fd, 1), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &size), 0);
	return ntohs(address.sin_port);
}

static bool somebody_listens(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return connected;
}

static void the_port_is_the_one_asked_for_or_is_told_to_be_taken(void **state)
{
	(void)state;
	char port[16];
	int fd;
	bool listens = false;
	struct e2e_process process;
	struct e2e_result result;
	uint16_t number = listen_somewhere(&fd);
	snprintf(port, sizeof(port), "%u", number);
	const char *const args[] = {"cost", "-a", "glibc", "--server", "pool", "--port", port,
		"--threads", "1", "--heap", "1M", "--rounds", "32", "--budget", "600", NULL};
	e2e_run(&result, args);
	assert_int_equal(result.status, 2);
	assert_non_null(strstr(result.err, "of the loopback interface is in use; choose another"));
	e2e_free(&result);
	close(fd);
	e2e_start(&process, args);
	while (!listens && !e2e_ended(&process, 0))
		listens = somebody_listens(number);
	kill(process.pid, SIGINT);
	e2e_finish(&process, &result, 60);
	if (!listens)
		e2e_fail("no server was seen on port %s: %s", port, result.err);
	e2e_free(&result);
}

/* ---- Unknown costs are reported as unknown ---- */

/* The rounds burn 0 and 200 ms: which of them is the allocator's cost? */
static void rounds_far_apart_are_too_noisy(void **state)
{
	(void)state;
	setting("ROUND_US", "200000");
	json_t *report = known_cost("1", "2");
	const json_t *prepare = figure_of(cell_of(report, 0), "fork_prepare_ns");
	assert_true(e2e_bool(prepare, "noisy"));
	assert_int_equal(e2e_number(prepare, "rounds"), 2);
	assert_true(real(prepare, "high") >= 200 * MS);
	json_decref(report);
	struct e2e_result result;
	e2e_run(&result,
		E2E_ARGS("cost", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "known-cost",
			"--threads", "1", "--heap", "1M", "--rounds", "3", "--budget", "600"));
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "prepare too noisy: "));
	e2e_free(&result);
}

static void a_hanging_child_is_told(void **state)
{
	(void)state;
	setting("HANG", "1");
	json_t *report = known_cost("1", "1");
	const json_t *cell = cell_of(report, 0);
	assert_true(e2e_number(cell, "hung") > 0);
	assert_true(json_is_null(json_object_get(figure_of(cell, "child_first_ns"), "value")));
	assert_string_equal(
		e2e_text(figure_of(cell, "child_first_ns"), "why"), "no child finished");
	assert_true(value(report, "fork_p50_ns") > 0);
	json_decref(report);
}

/* Where they cannot be had, nothing is measured in their name. */
static void huge_pages_are_huge_or_not_measured(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct e2e_result result;
		setting("NO_HUGE", i ? "1" : NULL);
		e2e_run(&result,
			E2E_ARGS("cost", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				"known-cost", "--threads", "1", "--heap", "16M", "--pages", "huge",
				"--rounds", "1", "--budget", "600", "--format", "json"));
		assert_int_equal(result.status, 0);
		json_t *report = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
		const json_t *cell = cell_of(report, 0);
		assert_string_equal(e2e_text(cell, "pages"), "huge");
		if (i || e2e_bool(cell, "skipped")) {
			assert_true(e2e_bool(cell, "skipped"));
			assert_non_null(strstr(e2e_text(cell, "why"), "huge pages cannot be had"));
			assert_true(json_is_null(json_object_get(cell, "figures")));
		} else {
			assert_true(value(report, "huge_bytes") > 0);
		}
		json_decref(report);
	}
}

static void without_threads_there_is_no_stall(void **state)
{
	(void)state;
	json_t *report = known_cost("0", "1");
	const json_t *stall = figure_of(cell_of(report, 0), "stall_p50_ns");
	assert_true(json_is_null(json_object_get(stall, "value")));
	assert_string_equal(e2e_text(stall, "why"), "there are no background threads");
	assert_true(value(report, "calls_per_s") > 0);
	json_decref(report);
}

static void a_method_without_handlers_has_no_time_of_handlers(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result,
		E2E_ARGS("cost", "-a", "teach-none", "-m", "fork,_Fork", "--threads", "1", "--heap",
			"1M", "--rounds", "1", "--budget", "600", "--format", "json"));
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	const json_t *prepare = figure_of(cell_of(report, 1), "fork_prepare_ns");
	assert_string_equal(e2e_text(cell_of(report, 0), "method"), "fork");
	assert_string_equal(e2e_text(cell_of(report, 1), "method"), "_Fork");
	assert_string_equal(e2e_text(prepare, "why"), "this fork method runs no handlers");
	assert_true(real(figure_of(cell_of(report, 0), "fork_prepare_ns"), "value") >= 0);
	json_decref(report);
}

/* ---- Real and teaching allocators ---- */

/* One list of free blocks for all threads: no thread keeps any. */
static void a_heap_without_caches_strands_nothing(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result,
		E2E_ARGS("cost", "-a", "teach-lockall,teach-empty", "--threads", "2", "--heap",
			"1M", "--rounds", "1", "--budget", "600", "--format", "json"));
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json_of(&result, SCHEMA);
	e2e_free(&result);
	assert_bytes(report, "stranded_bytes", 0);
	assert_true(value(report, "cached_bytes") > 0);
	assert_true(real(figure_of(cell_of(report, 1), "copied_handlers_bytes"), "value") == 0);
	json_decref(report);
}

/* The order is the seed's. Every figure has a line for each cell. */
static void the_order_is_the_seeds(void **state)
{
	(void)state;
	struct e2e_result result;
	json_t *report[2];
	for (int i = 0; i < 2; i++) {
		e2e_run(&result, E2E_ARGS("cost", "-a", "glibc,teach-lockall,teach-reinit",
					 "--threads", "0,1", "--heap", "1M", "--rounds", "1",
					 "--seed", "7", "--budget", "600", "--format", "json"));
		report[i] = e2e_json_of(&result, SCHEMA);
		e2e_free(&result);
	}
	assert_int_equal(json_array_size(json_object_get(report[0], "order")), 6);
	assert_true(json_equal(
		json_object_get(report[0], "order"), json_object_get(report[1], "order")));
	json_decref(report[0]);
	json_decref(report[1]);
}

/* Only quantiles that the number of samples supports, and the same ones as the figures. */
static void the_json_has_the_distributions(void **state)
{
	(void)state;
	static const char *const keys[] = {"fork_ns", "call_ns", "stall_call_ns"};
	json_t *report = known_cost("1", "2");
	const json_t *all = json_object_get(cell_of(report, 0), "distributions");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *one = json_object_get(all, keys[i]);
		const json_t *levels = json_object_get(one, "quantile"),
			     *times = json_object_get(one, "ns");
		json_int_t count = e2e_number(one, "count");
		size_t size = json_array_size(levels);
		assert_true(count > 1 && size > 1 && size == json_array_size(times));
		for (size_t k = 0; k < size; k++) {
			double level = json_number_value(json_array_get(levels, k));
			double ns = json_number_value(json_array_get(times, k));
			assert_true((1 - level) * (double)count > 1 && level >= 0);
			assert_true(ns <= real(one, "max_ns"));
			assert_true(
				k == 0 || ns >= json_number_value(json_array_get(times, k - 1)));
		}
	}
	assert_true(
		real(json_object_get(all, "fork_ns"), "max_ns") == value(report, "fork_max_ns"));
	assert_true(json_is_null(json_object_get(all, "request_ns")));
	json_decref(report);
}

static void other_formats_have_the_same_cells(void **state)
{
	(void)state;
	static const struct {
		const char *format, *holds;
	} formats[] = {
		{"csv", ",usual,fork_p50_ns,"},
		{"markdown", "| heap | threads | glibc |"},
		{"text", "fork(): how long its caller waits"},
	};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct e2e_result result;
		e2e_run(&result,
			E2E_ARGS("cost", "-a", "glibc", "--threads", "1", "--heap", "1M",
				"--rounds", "1", "--budget", "600", "--format", formats[i].format));
		assert_int_equal(result.status, 0);
		if (!strstr(result.out, formats[i].holds))
			e2e_fail("%s lacks '%s'", formats[i].format, formats[i].holds);
		e2e_free(&result);
	}
}

/* ---- Bad input ---- */

static void mistakes_are_told_in_one_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *args[8], *says;
	} mistakes[] = {
		{{"cost", "-a", "glibc", "--heap", "1000G"}, "--heap 1024000M does not fit: "},
		{{"cost", "--heap", "12"},
			"--heap takes sizes from 1M to 1T, as 64M or 1G, not '12'"},
		{{"cost", "--heap", "1M,"}, "--heap takes sizes from 1M to 1T"},
		{{"cost", "--threads", "1,x"},
			"--threads takes a whole number from 0 to 32, not 'x'"},
		{{"cost", "--rounds", "0"}, "--rounds takes a whole number from 1 to 32, not '0'"},
		{{"cost", "--pages", "small"}, "unknown kind of pages 'small'"},
		{{"cost", "-s", "basic"}, "--scenario belongs to"},
		{{"cost", "--format", "junit"}, "cost has no format 'junit'"},
		{{"run", "--heap", "1M"}, "--heap belongs to the commands cost and choose"},
	};
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct e2e_result result;
		e2e_run(&result, mistakes[i].args);
		assert_int_equal(result.status, 2);
		if (!strstr(result.err, mistakes[i].says))
			e2e_fail("expected '%s', got: %s", mistakes[i].says, result.err);
		assert_string_equal(result.out, "");
		e2e_free(&result);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(burnt_time_is_found_where_it_is_burnt, forget_settings),
		cmocka_unit_test_teardown(a_lock_that_is_held_stalls_the_others, forget_settings),
		cmocka_unit_test_teardown(pages_are_counted_to_the_byte, forget_settings),
		cmocka_unit_test_teardown(
			what_threads_keep_is_counted_to_the_byte, forget_settings),
		cmocka_unit_test_teardown(
			a_snapshot_is_verified_and_a_request_waits_for_fork, forget_settings),
		cmocka_unit_test_teardown(a_spoiled_snapshot_is_found, forget_settings),
		cmocka_unit_test_teardown(each_request_has_its_answer, forget_settings),
		cmocka_unit_test_teardown(a_request_whose_child_hangs_is_told, forget_settings),
		cmocka_unit_test_teardown(
			a_request_whose_child_ends_without_an_answer_is_told, forget_settings),
		cmocka_unit_test_teardown(
			late_short_and_wrong_answers_are_three_things, forget_settings),
		cmocka_unit_test_teardown(a_slow_client_is_served, forget_settings),
		cmocka_unit_test(the_port_is_the_one_asked_for_or_is_told_to_be_taken),
		cmocka_unit_test_teardown(a_full_disk_is_told, forget_settings),
		cmocka_unit_test_teardown(rounds_far_apart_are_too_noisy, forget_settings),
		cmocka_unit_test_teardown(a_hanging_child_is_told, forget_settings),
		cmocka_unit_test_teardown(huge_pages_are_huge_or_not_measured, forget_settings),
		cmocka_unit_test(without_threads_there_is_no_stall),
		cmocka_unit_test(a_method_without_handlers_has_no_time_of_handlers),
		cmocka_unit_test(a_heap_without_caches_strands_nothing),
		cmocka_unit_test(the_order_is_the_seeds),
		cmocka_unit_test(the_json_has_the_distributions),
		cmocka_unit_test(other_formats_have_the_same_cells),
		cmocka_unit_test(mistakes_are_told_in_one_sentence),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
