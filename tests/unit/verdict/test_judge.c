/* The judge over its whole input table: every way to end, with every thing that may be known of it.
 */
#include "judge.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

#define EXITED(status)  ((status) << 8)
#define KILLED(number)  (number)
#define STOPPED(number) ((number) << 8 | 0x7f)

static enum verdict child(struct judge_facts facts)
{
	struct judgement judgement = judge_child(&facts);
	assert_int_equal(judgement.verdict == VERDICT_OK, judgement.cause == CAUSE_NONE);
	assert_true(judgement.cause < CAUSE_COUNT);
	return judgement.verdict;
}

static enum verdict parent(struct judge_facts facts)
{
	struct judgement judgement = judge_parent(&facts);
	assert_true(judgement.cause != CAUSE_NONE && judgement.cause < CAUSE_COUNT);
	return judgement.verdict;
}

static void silence_is_broken(void **state)
{
	(void)state;
	assert_int_equal(child((struct judge_facts){.wait_status = EXITED(0)}), VERDICT_BROKEN);
	assert_int_equal(child((struct judge_facts){.checks = 1}), VERDICT_OK);
}

static void half_the_work_is_no_work(void **state)
{
	(void)state;
	struct judge_facts facts = {.checks = 7, .unfinished = true};
	assert_int_equal(child(facts), VERDICT_CRASH);
	facts.failure = FAILURE_OVERWRITTEN;
	assert_int_equal(child(facts), VERDICT_CORRUPTION);
	/* In its first call, before any check. */
	assert_int_equal(child((struct judge_facts){.unfinished = true}), VERDICT_CRASH);
	assert_int_equal(parent((struct judge_facts){.unfinished = true}), VERDICT_CRASH);
	assert_int_equal(parent((struct judge_facts){.unfinished = false}), VERDICT_BROKEN);
	assert_int_equal(parent((struct judge_facts){.unfinished = true, .before_trials = true}),
		VERDICT_BROKEN);
	assert_int_equal(child((struct judge_facts){.unfinished = true, .wrote_output = true}),
		VERDICT_REFUSED);
}

static void death_before_the_first_trial(void **state)
{
	(void)state;
	struct judge_facts facts = {.wait_status = KILLED(SIGSEGV), .before_trials = true};
	assert_int_equal(parent(facts), VERDICT_BROKEN);
	facts.wait_status = EXITED(1);
	assert_int_equal(parent(facts), VERDICT_BROKEN);
	/* The allocator's own words are not to be ignored. */
	facts.wait_status = KILLED(SIGABRT);
	facts.complained = true;
	assert_int_equal(parent(facts), VERDICT_CORRUPTION);
	facts.complained = false;
	facts.failure = FAILURE_COMPLAINT;
	assert_int_equal(parent(facts), VERDICT_CORRUPTION);
}

/* The scenario's file is loaded before all else: nothing that happens then is the allocator's. */
static void death_while_the_scenario_loads(void **state)
{
	(void)state;
	struct judge_facts facts = {.wait_status = KILLED(SIGSEGV),
		.before_trials = true,
		.load = SCENARIO_LOADING,
		.complained = true};
	assert_int_equal(judge_parent(&facts).verdict, VERDICT_BROKEN);
	assert_int_equal(judge_parent(&facts).cause, CAUSE_SCENARIO_CRASHED);
	facts.wait_status = EXITED(0);
	assert_int_equal(judge_parent(&facts).cause, CAUSE_SCENARIO_EXITED);
	assert_int_equal(judge_parent(&facts).verdict, VERDICT_BROKEN);
	facts.wait_status = EXITED(RUNNER_BROKEN);
	facts.load = SCENARIO_REFUSED;
	assert_int_equal(judge_parent(&facts).cause, CAUSE_SCENARIO_REFUSED);
	facts = (struct judge_facts){.wait_status = KILLED(SIGSEGV), .load = SCENARIO_LOADED};
	assert_int_equal(judge_parent(&facts).cause, CAUSE_SIGNAL);
}

static void what_the_watch_found_counts(void **state)
{
	(void)state;
	static const enum verdict hangs[] = {VERDICT_DEADLOCK, VERDICT_LIVELOCK, VERDICT_UNKNOWN};
	for (size_t i = 0; i < sizeof(hangs) / sizeof(hangs[0]); i++) {
		struct judge_facts facts = {
			.wait_status = KILLED(SIGKILL), .hang = hangs[i], .checks = 5};
		assert_int_equal(child(facts), hangs[i]);
		assert_int_equal(parent(facts), hangs[i]);
		/* It may have ended by itself in the last moment: it was seen stuck all the same.
		 */
		facts.wait_status = EXITED(0);
		assert_int_equal(child(facts), hangs[i]);
	}
	assert_int_equal(parent((struct judge_facts){
				 .wait_status = KILLED(SIGKILL), .hang = VERDICT_PARENT_DEADLOCK}),
		VERDICT_PARENT_DEADLOCK);
}

static void signals_are_crashes(void **state)
{
	(void)state;
	static const int numbers[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGTERM, SIGSYS};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct judge_facts facts = {.wait_status = KILLED(numbers[i]), .checks = 3};
		assert_int_equal(child(facts), VERDICT_CRASH);
		assert_int_equal(parent(facts), VERDICT_CRASH);
	}
}

/* Over its whole table: who killed it, and what else is known. */
static void sigkill_is_no_crash_of_the_allocator(void **state)
{
	(void)state;
	for (unsigned known = 0; known < 16; known++) {
		struct judge_facts facts = {.wait_status = KILLED(SIGKILL),
			.over_memory = known & 1,
			.oom_killed = known & 2,
			.before_trials = known & 4,
			.complained = known & 8,
			.checks = 3};
		enum verdict expected =
			!facts.over_memory && facts.oom_killed ? VERDICT_CRASH : VERDICT_BROKEN;
		struct judgement judgement = judge_child(&facts);
		assert_int_equal(judgement.verdict, expected);
		assert_int_equal(judgement.cause, facts.over_memory  ? CAUSE_OVER_MEMORY
						  : facts.oom_killed ? CAUSE_OOM_KILLED
								     : CAUSE_KILLED);
		judgement = judge_parent(&facts);
		if (facts.over_memory)
			assert_int_equal(judgement.cause, CAUSE_OVER_MEMORY);
		else if (!facts.before_trials)
			assert_int_equal(judgement.verdict, expected);
		assert_true(expected == VERDICT_CRASH || judgement.verdict == VERDICT_BROKEN);
	}
	static const int of_limits[] = {SIGXCPU, SIGXFSZ};
	for (size_t i = 0; i < 2; i++) {
		struct judge_facts facts = {.wait_status = KILLED(of_limits[i]), .checks = 3};
		assert_int_equal(child(facts), VERDICT_BROKEN);
		assert_int_equal(parent(facts), VERDICT_BROKEN);
	}
	/* It ended by itself before the signal reached it. */
	assert_int_equal(child((struct judge_facts){.checks = 3, .over_memory = true}), VERDICT_OK);
	assert_int_equal(
		child((struct judge_facts){.wait_status = KILLED(SIGSEGV), .over_memory = true}),
		VERDICT_CRASH);
}

static void complaints_are_corruption(void **state)
{
	(void)state;
	struct judge_facts facts = {.wait_status = KILLED(SIGABRT), .complained = true};
	assert_int_equal(child(facts), VERDICT_CORRUPTION);
	assert_int_equal(parent(facts), VERDICT_CORRUPTION);
	facts.wait_status = KILLED(SIGSEGV);
	assert_int_equal(child(facts), VERDICT_CRASH);
	facts.failure = FAILURE_COMPLAINT;
	assert_int_equal(child(facts), VERDICT_CORRUPTION);
}

static void failed_checks(void **state)
{
	(void)state;
	static const enum verdict expected[FAILURE_COUNT] = {
		[FAILURE_NONE] = VERDICT_BROKEN,
		[FAILURE_OVERWRITTEN] = VERDICT_CORRUPTION,
		[FAILURE_NOT_ZERO] = VERDICT_CORRUPTION,
		[FAILURE_MISALIGNED] = VERDICT_CORRUPTION,
		[FAILURE_NO_MEMORY] = VERDICT_REFUSED,
		[FAILURE_NO_THREAD] = VERDICT_REFUSED,
		[FAILURE_COMPLAINT] = VERDICT_CORRUPTION,
		[FAILURE_CHECK] = VERDICT_CORRUPTION,
		[FAILURE_ENGINE] = VERDICT_BROKEN,
	};
	for (int kind = 0; kind < FAILURE_COUNT; kind++) {
		struct judge_facts facts = {.wait_status = EXITED(RUNNER_FAILED_CHECK),
			.failure = (enum failure_kind)kind};
		assert_int_equal(child(facts), expected[kind]);
		assert_int_equal(parent(facts), expected[kind]);
	}
	/* A number that no runner writes, from a page that was scribbled on. */
	struct judge_facts facts = {
		.wait_status = EXITED(RUNNER_FAILED_CHECK), .failure = (enum failure_kind)12345};
	assert_int_equal(child(facts), VERDICT_BROKEN);
}

static void other_exits(void **state)
{
	(void)state;
	assert_int_equal(child((struct judge_facts){.wait_status = EXITED(1)}), VERDICT_CRASH);
	assert_int_equal(
		child((struct judge_facts){.wait_status = EXITED(66), .wrote_output = true}),
		VERDICT_REFUSED);
	assert_int_equal(
		child((struct judge_facts){.wait_status = EXITED(RUNNER_BROKEN)}), VERDICT_BROKEN);
	assert_int_equal(
		child((struct judge_facts){.wait_status = EXITED(RUNNER_NO_SHM)}), VERDICT_BROKEN);
	assert_int_equal(
		child((struct judge_facts){.wait_status = STOPPED(SIGSTOP)}), VERDICT_BROKEN);
	assert_int_equal(parent((struct judge_facts){.wait_status = EXITED(0)}), VERDICT_BROKEN);
	assert_int_equal(
		parent((struct judge_facts){.wait_status = STOPPED(SIGSTOP)}), VERDICT_BROKEN);
}

static void nothing_may_stay_behind(void **state)
{
	(void)state;
	struct judge_facts facts = {.checks = 7, .orphan = true};
	assert_int_equal(child(facts), VERDICT_UNKNOWN);
	facts.wait_status = KILLED(SIGSEGV);
	assert_int_equal(child(facts), VERDICT_CRASH);
}

static void a_recorded_failure_beats_a_clean_exit(void **state)
{
	(void)state;
	struct judge_facts facts = {.checks = 7, .failure = FAILURE_OVERWRITTEN};
	assert_int_equal(child(facts), VERDICT_CORRUPTION);
}

static void last_words(void **state)
{
	(void)state;
	assert_true(judge_is_heap_complaint("free(): double free detected in tcache 2"));
	assert_true(judge_is_heap_complaint("malloc(): corrupted top size"));
	assert_true(judge_is_heap_complaint("realloc(): invalid next size"));
	assert_false(judge_is_heap_complaint(""));
	assert_false(judge_is_heap_complaint("out of memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_is_broken),
		cmocka_unit_test(half_the_work_is_no_work),
		cmocka_unit_test(death_before_the_first_trial),
		cmocka_unit_test(death_while_the_scenario_loads),
		cmocka_unit_test(what_the_watch_found_counts),
		cmocka_unit_test(signals_are_crashes),
		cmocka_unit_test(sigkill_is_no_crash_of_the_allocator),
		cmocka_unit_test(complaints_are_corruption),
		cmocka_unit_test(failed_checks),
		cmocka_unit_test(other_exits),
		cmocka_unit_test(nothing_may_stay_behind),
		cmocka_unit_test(a_recorded_failure_beats_a_clean_exit),
		cmocka_unit_test(last_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
