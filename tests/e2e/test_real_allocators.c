/* Every real allocator that is built runs every scenario, and every cell gets a verdict. */
#include "e2e.h"

#include <string.h>

static const char *const allocators[] = {
	"glibc", "jemalloc", "mimalloc", "tcmalloc", "tcmalloc-minimal"};
static const char *const scenarios[] = {"basic", "signal", "pool", "logger", "logger-aware"};
static const char *const methods[] = {"fork", "_Fork", "clone"};

enum {
	ALLOCATORS = sizeof allocators / sizeof allocators[0],
	SCENARIOS = sizeof scenarios / sizeof scenarios[0],
	METHODS = sizeof methods / sizeof methods[0],
};

static json_t *report;

/* Names joined by commas: those that are built. */
static void built(char *list, size_t size)
{
	list[0] = '\0';
	for (int i = 0; i < ALLOCATORS; i++) {
		if (!e2e_has_runner(allocators[i]))
			continue;
		strncat(list, list[0] ? "," : "", size - strlen(list) - 1);
		strncat(list, allocators[i], size - strlen(list) - 1);
	}
}

static int run_all(void **state)
{
	(void)state;
	char list[128];
	struct e2e_result result;
	built(list, sizeof list);
	/* No budget: a cut would leave cells without an answer. */
	e2e_run(&result, E2E_ARGS("stress", "-a", list, "-s", "all", "-m", "all", "--thorough",
				 "--trials", "30", "--format", "json"));
	assert_int_equal(result.status, 0);
	report = e2e_json(&result);
	e2e_free(&result);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	json_decref(report);
	return 0;
}

static void check_cell(const char *allocator, const char *scenario, const char *method)
{
	json_t *cell = e2e_cell(report, allocator, scenario, method);
	const char *verdict = e2e_text(cell, "verdict");
	if (e2e_is_one_of(verdict, "broken skipped unknown"))
		e2e_fail("%s / %s / %s: %s: %s", allocator, scenario, method, verdict,
			e2e_text(cell, "why"));
	assert_int_equal(e2e_count(cell, "broken"), 0);
	assert_int_equal(e2e_number(cell, "trials"), 30);
	assert_true(strlen(e2e_text(cell, "version")) > 0);
	if (strcmp(verdict, "ok") != 0)
		assert_true(strlen(e2e_text(e2e_finding(cell), "sentence")) > 0);
}

static void every_cell_has_a_verdict(void **state)
{
	(void)state;
	for (int a = 0; a < ALLOCATORS; a++) {
		if (!e2e_has_runner(allocators[a]))
			continue;
		for (int s = 0; s < SCENARIOS; s++)
			for (int m = 0; m < METHODS; m++)
				check_cell(allocators[a], scenarios[s], methods[m]);
	}
}

/* What fork() locks inside of libc, _Fork() and clone() do not. */
static void glibc_hangs_without_its_fork(void **state)
{
	(void)state;
	assert_string_equal(e2e_text(e2e_cell(report, "glibc", "basic", "fork"), "verdict"), "ok");
	for (int m = 1; m < METHODS; m++) {
		json_t *cell = e2e_cell(report, "glibc", "basic", methods[m]);
		assert_string_equal(e2e_text(cell, "verdict"), "deadlock");
		assert_int_equal(e2e_number(cell, "proven"), e2e_count(cell, "deadlock"));
	}
}

/* It has no lock that could be copied locked. */
static void mimalloc_does_not_hang(void **state)
{
	(void)state;
	if (!e2e_has_runner("mimalloc"))
		skip();
	for (int m = 0; m < METHODS; m++) {
		json_t *cell = e2e_cell(report, "mimalloc", "basic", methods[m]);
		assert_string_equal(e2e_text(cell, "verdict"), "ok");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_has_a_verdict),
		cmocka_unit_test(glibc_hangs_without_its_fork),
		cmocka_unit_test(mimalloc_does_not_hang),
	};
	return cmocka_run_group_tests(tests, run_all, forget);
}
