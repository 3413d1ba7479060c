/*
 * A sweep has the same result on one processor, on several, and on a busy machine.
 */
#include "e2e.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BUSY = 4 };

static json_t *reference;

static json_t *sweep(void)
{
	return e2e_run_json(
		E2E_ARGS("sweep", "-a", "musl,glibc", "-s", "pool,signal,concurrent", "-m",
			"fork,_Fork", "--budget", "900", "--no-store", "--format", "json"),
		0);
}

static bool on_one_processor(bool one)
{
	static cpu_set_t all;
	cpu_set_t first;
	if (!one)
		return sched_setaffinity(0, sizeof(all), &all) == 0;
	if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2)
		return false;
	CPU_ZERO(&first);
	for (int cpu = 0; CPU_COUNT(&first) == 0; cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &first);
	return sched_setaffinity(0, sizeof(first), &first) == 0;
}

static int measure_reference(void **state)
{
	(void)state;
	if (e2e_make_home(state) != 0)
		return -1;
	reference = sweep();
	return 0;
}

static int release_reference(void **state)
{
	json_decref(reference);
	return e2e_remove_home(state);
}

/* While a fork waits the worker may run on for a few instructions, so those are not compared. */
static void check_same(const json_t *report)
{
	static const char *const same[] = {"allocator", "scenario", "method", "verdict", "proven",
		"counts", "bad", "not_allocators", "points", "tried", "waited", "complete"};
	const json_t *cells = json_object_get(reference, "results"), *cell;
	size_t i;
	assert_int_equal(
		json_array_size(json_object_get(report, "results")), json_array_size(cells));
	json_array_foreach(cells, i, cell)
	{
		const json_t *other = json_array_get(json_object_get(report, "results"), i);
		assert_true(e2e_bool(cell, "complete"));
		assert_int_equal(json_array_size(json_object_get(cell, "windows")),
			json_array_size(json_object_get(other, "windows")));
		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++)
			if (!json_equal(json_object_get(cell, same[k]),
				    json_object_get(other, same[k])))
				e2e_fail("%s / %s / %s: %s differs", e2e_text(cell, "allocator"),
					e2e_text(cell, "scenario"), e2e_text(cell, "method"),
					same[k]);
	}
}

static void one_after_the_other(void **state)
{
	(void)state;
	if (!on_one_processor(true))
		skip();
	json_t *report = sweep();
	assert_true(on_one_processor(false));
	check_same(report);
	json_decref(report);
}

static void on_a_busy_machine(void **state)
{
	(void)state;
	pid_t busy[BUSY];
	for (unsigned i = 0; i < BUSY; i++) {
		busy[i] = fork();
		if (busy[i] == 0)
			for (;;)
				(void)sched_yield();
	}
	json_t *report = sweep();
	for (unsigned i = 0; i < BUSY; i++) {
		kill(busy[i], SIGKILL);
		waitpid(busy[i], NULL, 0);
	}
	check_same(report);
	json_decref(report);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(on_a_busy_machine),
	};
	return E2E_MAIN(argc, argv, tests, measure_reference, release_reference);
}
