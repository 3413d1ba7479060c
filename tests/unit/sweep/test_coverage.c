/* The coverage of a sweep: distinct instructions, functions, system calls. */
#include "coverage.h"

#include "symbols.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct coverage_set set;
static struct coverage coverage;

static int forget(void **state)
{
	(void)state;
	coverage_free(&set);
	return 0;
}

static void nothing_was_reached(void **state)
{
	(void)state;
	coverage_totals(&set, NULL, &coverage);
	assert_int_equal(coverage.instructions, 0);
	assert_int_equal(coverage.functions, 0);
	assert_int_equal(coverage.syscalls, 0);
	assert_int_equal(coverage.calls, 0);
}

static void each_instruction_counts_once(void **state)
{
	enum { INSTRUCTIONS = 50000, ROUNDS = 3, LENGTH = 3 };
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++)
		for (uint64_t i = 0; i < INSTRUCTIONS; i++)
			coverage_add_pc(&set, 0x7ffff7c00000 + i * LENGTH);
	coverage_add_pc(&set, UINT64_MAX);
	coverage_add_pc(&set, 0);
	coverage_totals(&set, NULL, &coverage);
	assert_int_equal(coverage.instructions, INSTRUCTIONS + 1);
}

/* Addresses that all want the same slot, whatever the table's size. */
static void collisions_lose_nothing(void **state)
{
	enum { ADDRESSES = 3000 };
	const uint64_t inverse = UINT64_C(0xf1de83e19937733d); /* of the hash's factor */
	(void)state;
	assert_true(inverse * UINT64_C(0x9e3779b97f4a7c15) == 1);
	for (uint64_t i = 1; i <= ADDRESSES; i++)
		coverage_add_pc(&set, i * inverse);
	for (uint64_t i = 1; i <= ADDRESSES; i++)
		coverage_add_pc(&set, i * inverse);
	coverage_totals(&set, NULL, &coverage);
	assert_int_equal(coverage.instructions, ADDRESSES);
}

static void beyond_the_bound_nothing_more_is_counted(void **state)
{
	(void)state;
	for (uint64_t pc = 1; pc <= COVERAGE_PCS_MAX; pc++)
		coverage_add_pc(&set, pc);
	for (uint64_t pc = 1; pc <= COVERAGE_PCS_MAX + 10; pc++)
		coverage_add_pc(&set, pc);
	coverage_totals(&set, NULL, &coverage);
	assert_int_equal(coverage.instructions, COVERAGE_PCS_MAX);
}

static void calls_are_counted_twice(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		coverage_add_syscall(&set, 0);
		coverage_add_syscall(&set, SYS_mmap);
		coverage_add_syscall(&set, 100000 + i % 2);
	}
	coverage_totals(&set, NULL, &coverage);
	assert_int_equal(coverage.syscalls, 30);
	assert_int_equal(coverage.calls, 4);
}

/* Two addresses in each of two functions, and one in none. */
static void functions_are_told_by_symbols(void **state)
{
	const uint64_t own = (uint64_t)(uintptr_t)functions_are_told_by_symbols;
	const uint64_t other = (uint64_t)(uintptr_t)collisions_lose_nothing;
	struct symbols *symbols;
	pid_t pid = fork();
	(void)state;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)pause();
		_exit(0);
	}
	assert_true(pid > 0);
	coverage_add_pc(&set, own);
	coverage_add_pc(&set, own + 1);
	coverage_add_pc(&set, other);
	coverage_add_pc(&set, other + 1);
	coverage_add_pc(&set, 0x10);
	assert_int_equal(symbols_open(&symbols, pid), 0);
	coverage_totals(&set, symbols, &coverage);
	symbols_close(symbols);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(coverage.instructions, 5);
	assert_int_equal(coverage.functions, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_was_reached, forget),
		cmocka_unit_test_teardown(each_instruction_counts_once, forget),
		cmocka_unit_test_teardown(collisions_lose_nothing, forget),
		cmocka_unit_test_teardown(beyond_the_bound_nothing_more_is_counted, forget),
		cmocka_unit_test_teardown(calls_are_counted_twice, forget),
		cmocka_unit_test_teardown(functions_are_told_by_symbols, forget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
