/*
 * Files of `forklab cost --format json`, read again. Each value of a good one is replaced by values
 * outside of its domain, and each member is removed: all of it must be refused, with its place.
 */
#include "cost_load.h"
#include "cost_print.h"
#include "cost_schema.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka needs some of the above. */
#include <cmocka.h>

enum { CELLS = 3, MOST = 8, ERROR_MAX = 1024, ROUNDS = 5 };

static struct cost_cell cells[CELLS], loaded[MOST];
static const uint32_t order[] = {0, 1, 2, 0};

/* ---- A good file ---- */

static void fill_cell(struct cost_cell *cell, const char *allocator)
{
	*cell = (struct cost_cell){
		.method = METHOD_FORK, .threads = 4, .heap_bytes = 32 << 20, .rounds = ROUNDS};
	(void)snprintf(cell->allocator, sizeof(cell->allocator), "%s", allocator);
	for (size_t i = 0; i < COST_FIGURES; i++)
		cell->estimate[i] =
			(struct cost_estimate){.value = 5, .low = 4, .high = 6, .rounds = ROUNDS};
	cell->estimate[COST_STALL_P50] = (struct cost_estimate){
		.value = NAN, .low = NAN, .high = NAN, .why = COST_WHY_NO_CALL};
	for (size_t i = 0; i < COST_DISTRIBUTIONS; i++) {
		double times[] = {3, 1, 2, 4, 5, 6, 7, 8};
		cost_distribution_of_times(&cell->distribution[i], times, i ? 0 : 8);
	}
}

static json_t *good_file(void)
{
	struct cost_report report = {.seed = 1,
		.budget_s = 85,
		.rounds = ROUNDS,
		.cells = CELLS,
		.cell = cells,
		.order_length = sizeof(order) / sizeof(order[0]),
		.order = order,
		.unevenness = 1.1,
		.seconds = 3};
	char *text = NULL;
	size_t size = 0;
	report.host = (struct host){.cpus = 2, .memory_mib = 2000};
	fill_cell(&cells[0], "glibc");
	fill_cell(&cells[1], "jemalloc");
	cells[2] = cells[1];
	cells[2].threads = 8;
	cells[2].rounds = 0;
	cells[2].failed = 1;
	(void)snprintf(cells[2].why, sizeof(cells[2].why), "the process died of signal 11");
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	assert_int_equal(cost_print_json(file, &report), 0);
	assert_int_equal(fclose(file), 0);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	free(text);
	return root;
}

static int load_text(const char *text, size_t size, const char *allocator, uint32_t threads,
	size_t *count, char error[ERROR_MAX])
{
	char path[] = "/tmp/forklab-unit-XXXXXX";
	bool noisy = true;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	(void)close(fd);
	int status = cost_load(path, threads, UINT64_C(32) << 20, &allocator, allocator ? 1 : 0,
		loaded, MOST, count, &noisy, error, ERROR_MAX);
	(void)unlink(path);
	if (status == 0)
		assert_false(noisy);
	else if (!strstr(error, path))
		fail_msg("no file name in: %s", error);
	return status;
}

static int load(const json_t *root, const char *allocator, uint32_t threads, size_t *count,
	char error[ERROR_MAX])
{
	char *text = json_dumps(root, 0);
	assert_non_null(text);
	int status = load_text(text, strlen(text), allocator, threads, count, error);
	free(text);
	return status;
}

static void a_good_file_is_read(void **state)
{
	(void)state;
	char error[ERROR_MAX] = "";
	size_t count = 0;
	json_t *root = good_file();
	if (load(root, NULL, 4, &count, error) != 0)
		fail_msg("%s", error);
	assert_int_equal(count, 2);
	assert_string_equal(loaded[0].allocator, "glibc");
	assert_true(loaded[0].estimate[COST_FORK_P50].value == 5);
	assert_true(isnan(loaded[0].estimate[COST_STALL_P50].value));
	assert_int_equal(loaded[0].estimate[COST_STALL_P50].why, COST_WHY_NOT_IN_FILE);
	assert_int_equal(load(root, "mimalloc", 4, &count, error), -EINVAL);
	assert_non_null(strstr(error, "no figures of mimalloc with 4 threads"));
	assert_int_equal(load(root, NULL, 8, &count, error), -EINVAL);
	assert_non_null(strstr(error, "no figures of any allocator with 8 threads"));
	json_decref(root);
}

static void a_file_that_is_none_is_refused(void **state)
{
	(void)state;
	static const char other[] = "{\"schema\":\"forklab/1\",\"results\":[]}";
	char error[ERROR_MAX], *text;
	size_t count;
	bool noisy;
	json_t *root = good_file();
	text = json_dumps(root, JSON_COMPACT);
	assert_non_null(text);
	for (size_t size = 0; size < strlen(text); size += strlen(text) / 50) {
		assert_int_equal(load_text(text, size, NULL, 4, &count, error), -EINVAL);
		assert_non_null(strstr(error, "it cannot be read: "));
	}
	free(text);
	json_decref(root);
	assert_int_equal(load_text(other, sizeof(other) - 1, NULL, 4, &count, error), -EINVAL);
	assert_non_null(strstr(error, "schema: expected \"forklab-cost/1\", not \"forklab/1\""));
	assert_int_equal(
		cost_load("/nowhere/x", 4, 1, NULL, 0, loaded, MOST, &count, &noisy, error, 512),
		-EINVAL);
}

/* ---- One value replaced ---- */

static json_t *mutated; /* the document */
static size_t mutations;

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static void expect_refusal(const char *path, const char *key, const char *what)
{
	char error[ERROR_MAX] = "";
	mutations++;
	if (cost_schema_check(mutated, error, sizeof(error)) == 0)
		fail_msg("%s %s is accepted", path, what);
	/* Where values disagree, either of them may be named. */
	if (!strstr(error, key) && !strstr(error, "expected"))
		fail_msg("no '%s' in: %s", key, error);
}

static void put(json_t *parent, const char *key, size_t index, json_t *value)
{
	assert_int_equal(json_is_object(parent) ? json_object_set_new(parent, key, value)
						: json_array_set_new(parent, index, value),
		0);
}

/* Values that no such member may have. Returns how many. */
static size_t wrong_values(json_t *wrong[6], const json_t *value, const char *key)
{
	static const char *const enums[] = {"schema", "link", "method", "pages", NULL};
	static const char *const nullable[] = {"version", "object", "why", "budget_s", "note",
		"machine_unevenness", "value", "figures", "distributions", NULL};
	size_t count = 0;
	if (json_is_number(value)) {
		wrong[count++] = json_string("5");
		if (strcmp(key, "seed") != 0)
			wrong[count++] = json_integer(-1);
		wrong[count++] = json_real(1e19);
		if (json_is_integer(value))
			wrong[count++] = json_real(1.5);
	} else if (json_is_string(value)) {
		wrong[count++] = json_integer(5);
		if (is_one_of(key, enums))
			wrong[count++] = json_string("nope");
	} else {
		wrong[count++] = json_is_boolean(value) ? json_integer(1) : json_boolean(true);
		wrong[count++] = json_string("");
	}
	/* A distribution may be empty. */
	bool empty = json_object_get(value, "quantile");
	if (!json_is_null(value) && !is_one_of(key, nullable) && !empty)
		wrong[count++] = json_null();
	return count;
}

static void mutate_member(
	json_t *parent, const char *key, size_t index, json_t *value, const char *path)
{
	json_t *wrong[6];
	size_t count = wrong_values(wrong, value, key);
	json_incref(value);
	for (size_t i = 0; i < count; i++) {
		char *what = json_dumps(wrong[i], JSON_ENCODE_ANY);
		put(parent, key, index, wrong[i]);
		expect_refusal(path, key, what);
		free(what);
	}
	put(parent, key, index, value);
}

/* Only what later versions of forklab added may be missing. */
static void remove_member(json_t *parent, const char *key, json_t *value, const char *path)
{
	static const char *const optional[] = {"answers_late", "answers_cut_short", "answers_wrong",
		"environment", "environment_removed", NULL};
	if (is_one_of(key, optional))
		return;
	json_incref(value);
	assert_int_equal(json_object_del(parent, key), 0);
	expect_refusal(path, key, "removed");
	put(parent, key, 0, value);
}

/* The keys of an object as they are now; a removed member comes back at the end. */
static size_t keys_of(json_t *object, char *keys[512])
{
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value)
	{
		assert_true(count < 512);
		keys[count++] = strdup(key);
	}
	return count;
}

/* `map`: the members of the parent have no fixed names. */
static void mutate_all(json_t *parent, const char *path, bool map)
{
	char at[512], *keys[512];
	json_t *value;
	size_t i, count = json_is_object(parent) ? keys_of(parent, keys) : 0;
	for (i = 0; i < count; i++) {
		value = json_object_get(parent, keys[i]);
		(void)snprintf(at, sizeof(at), "%s.%s", path, keys[i]);
		mutate_member(parent, keys[i], 0, value, at);
		if (!map)
			remove_member(parent, keys[i], value, at);
		value = json_object_get(parent, keys[i]);
		mutate_all(value, at,
			strcmp(keys[i], "figures") == 0 || strcmp(keys[i], "distributions") == 0);
		free(keys[i]);
	}
	json_array_foreach(parent, i, value)
	{
		(void)snprintf(at, sizeof(at), "%s[%zu]", path, i);
		mutate_member(parent, "[", i, value, at);
		mutate_all(value, at, false);
	}
}

static void each_value_outside_of_its_domain_is_refused(void **state)
{
	(void)state;
	char error[ERROR_MAX] = "";
	mutated = good_file();
	mutations = 0;
	mutate_all(mutated, "", false);
	/* Each change was undone. */
	if (cost_schema_check(mutated, error, sizeof(error)) != 0)
		fail_msg("%s", error);
	assert_true(mutations > 4000);
	json_decref(mutated);
}

/* ---- Values that disagree ---- */

static json_t *result(json_t *root, size_t index)
{
	return json_array_get(json_object_get(root, "results"), index);
}

static json_t *figure(json_t *root, const char *key)
{
	return json_object_get(json_object_get(result(root, 0), "figures"), key);
}

static void refused_with(json_t *root, const char *says)
{
	char error[ERROR_MAX] = "";
	size_t count;
	if (load(root, NULL, 4, &count, error) == 0)
		fail_msg("accepted: %s", says);
	if (!strstr(error, says))
		fail_msg("expected '%s', got: %s", says, error);
	json_decref(root);
}

static void values_that_disagree_are_refused(void **state)
{
	(void)state;
	json_t *root = good_file();
	json_object_set_new(result(root, 0), "rounds", json_integer(ROUNDS + 1));
	refused_with(root, "results[0].rounds: expected at most 5, as the run had, not 6");
	root = good_file();
	json_object_set_new(figure(root, "fork_p50_ns"), "value", json_integer(7));
	refused_with(root, "results[0].figures.fork_p50_ns: expected a value from 4 to 6, not 7");
	root = good_file();
	json_object_set_new(figure(root, "fork_p99_ns"), "low", json_integer(8));
	refused_with(root, "results[0].figures.fork_p99_ns: expected low <= high, not 8 and 6");
	root = good_file();
	json_object_set_new(result(root, 1), "allocator", json_string("glibc"));
	refused_with(root, "results[1].allocator: expected one result of each cell; results[0]");
	root = good_file();
	json_object_set_new(result(root, 0), "figures", json_null());
	refused_with(root, "results[0].figures: expected those of a cell with some rounds");
	root = good_file();
	json_object_set_new(result(root, 0), "answers_wrong", json_integer(1));
	refused_with(root, "results[0].corrupt: expected true");
	root = good_file();
	json_array_set_new(json_object_get(root, "order"), 3, json_integer(CELLS));
	refused_with(root, "order[3]: expected the index of a result, below 3, not 3");
	root = good_file();
	json_object_set_new(result(root, 0), "threads", json_integer(-1));
	refused_with(root, "results[0].threads: expected a whole number from 0 to 32, not -1");
	root = good_file();
	json_object_set_new(result(root, 0), "link", json_string("sha\033red"));
	refused_with(root, "results[0].link: expected \"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_file_is_read),
		cmocka_unit_test(a_file_that_is_none_is_refused),
		cmocka_unit_test(each_value_outside_of_its_domain_is_refused),
		cmocka_unit_test(values_that_disagree_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
