/* Findings in words: every cause and every reason has a sentence, and no two say the same. */
#include "finding_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static char text[FINDING_TEXT_MAX];

static const char *sentence(struct finding finding)
{
	finding_text(text, sizeof(text), &finding);
	return text;
}

static void every_cause_has_a_sentence_of_its_own(void **state)
{
	static char known[CAUSE_COUNT][FINDING_TEXT_MAX];
	(void)state;
	for (int cause = CAUSE_STUCK; cause < CAUSE_COUNT; cause++) {
		const char *said = sentence((struct finding){
			.verdict = VERDICT_CRASH, .cause = (enum finding_cause)cause});
		assert_null(strstr(said, "(null)"));
		assert_true(strlen(said) > 0);
		for (int other = CAUSE_STUCK; other < cause; other++)
			assert_string_not_equal(said, known[other]);
		(void)snprintf(known[cause], sizeof(known[cause]), "%s", said);
	}
}

static void every_reason_has_a_sentence_of_its_own(void **state)
{
	static char known[REASON_COUNT][FINDING_TEXT_MAX];
	(void)state;
	for (int kind = 0; kind < REASON_COUNT; kind++) {
		struct finding finding = {
			.reasons = 1, .reason = {{.kind = (enum reason_kind)kind}}};
		finding_text_reason(text, sizeof(text), &finding, 0);
		assert_true(strlen(text) > 0);
		for (int other = 0; other < kind; other++)
			assert_string_not_equal(text, known[other]);
		(void)snprintf(known[kind], sizeof(known[kind]), "%s", text);
	}
}

static void every_damage_has_a_sentence(void **state)
{
	(void)state;
	for (int kind = 0; kind < DAMAGE_KINDS; kind++) {
		finding_text_damage(text, sizeof(text),
			&(struct damage){.kind = (enum damage_kind)kind, .count = 1, .total = 1});
		assert_true(strlen(text) > 0);
	}
	finding_text_damage(text, sizeof(text),
		&(struct damage){.kind = DAMAGE_CHECKER_REPORTS,
			.count = 1,
			.total = 2,
			.affected = 1,
			.name = "memcheck",
			.kinds = "InvalidRead 1"});
	assert_string_equal(text, "memcheck reported 1 error in 1 of 2 processes (InvalidRead 1)");
}

static void a_hang_names_lock_and_owner(void **state)
{
	struct finding finding = {.verdict = VERDICT_DEADLOCK,
		.cause = CAUSE_STUCK,
		.step = CHILD_STEP_SMALL,
		.call = {OP_MALLOC, 24},
		.futex = 0x1000,
		.futex_value = 2,
		.lock = "0x1000",
		.calls = 2,
		.worker_call = {{0, {OP_FREE, 0}}, {3, {OP_CALLOC, 8}}}};
	(void)state;
	assert_string_equal(sentence(finding),
		"the child in malloc(24), step small: blocked forever on a lock "
		"(word 2); at the fork worker 0 was in free(), worker 3 was in calloc(8)");
	/* With an owner, nobody else is suspected. */
	finding.lock_named = finding.lock_published = true;
	finding.owner = (struct thread_role){THREAD_MAIN, 0};
	assert_string_equal(sentence(finding),
		"the child in malloc(24), step small: blocked forever on 0x1000 "
		"(word 2), held by the main thread");
}

static void a_lock_that_is_not_the_allocators_is_named_so(void **state)
{
	struct finding finding = {.verdict = VERDICT_DEADLOCK,
		.cause = CAUSE_STUCK,
		.step = CHILD_STEP_PRINT,
		.futex = 0x1000,
		.futex_value = 2,
		.lock = "libc.so.6+0x10",
		.lock_named = true,
		.lock_origin = LOCK_ORIGIN_LIBC,
		.lock_variable = "tzset_lock",
		.taker = "__tz_convert"};
	(void)state;
	assert_string_equal(sentence(finding),
		"the child outside of the allocator, step print: blocked forever on libc's lock "
		"tzset_lock (word 2), taken by __tz_convert");
	finding.by_allocator = true;
	assert_non_null(
		strstr(sentence(finding), "taken by __tz_convert, which the allocator called"));
	/* Memory from malloc() has no name. */
	finding.lock_named = finding.by_allocator = false;
	finding.lock_variable[0] = '\0';
	finding.wait_object = WAIT_OBJECT_FILE;
	assert_non_null(strstr(sentence(finding), "blocked forever on libc's lock of a FILE ("));
	finding.lock_origin = LOCK_ORIGIN_LIBRARY;
	(void)snprintf(finding.lock_module, sizeof(finding.lock_module), "liblog.so");
	finding.wait_object = WAIT_OBJECT_RWLOCK;
	assert_non_null(strstr(sentence(finding), "blocked forever on liblog.so's rwlock ("));
	/* What the application has published keeps its name. */
	finding.lock_origin = LOCK_ORIGIN_APPLICATION;
	finding.lock_named = finding.lock_published = true;
	finding.taker[0] = '\0';
	assert_non_null(strstr(sentence(finding), "blocked forever on libc.so.6+0x10 ("));
}

static void a_lock_is_named_by_its_variable_or_by_what_takes_it(void **state)
{
	struct finding finding = {.verdict = VERDICT_DEADLOCK,
		.cause = CAUSE_STUCK,
		.step = CHILD_STEP_SMALL,
		.call = {OP_MALLOC, 24},
		.futex = 0x1000,
		.futex_value = 2,
		.lock = "libc.so.6+0x1d3c60",
		.lock_named = true,
		.lock_origin = LOCK_ORIGIN_ALLOCATOR,
		.lock_module = "libc.so.6",
		.lock_variable = "main_arena",
		.taker = "malloc",
		.taker_module = "libc.so.6"};
	(void)state;
	assert_string_equal(sentence(finding),
		"the child in malloc(24), step small: blocked forever on the lock main_arena (word "
		"2), taken by malloc");
	finding.lock_offset = 8;
	assert_non_null(strstr(sentence(finding), "on the lock main_arena+0x8 (word 2), taken by"));
	/* A name that says nothing: musl's. */
	(void)snprintf(finding.lock_variable, sizeof(finding.lock_variable), "lock");
	assert_non_null(strstr(sentence(finding),
		"blocked forever on the lock taken by malloc in libc.so.6 (word 2)"));
	finding.lock_variable[0] = '\0';
	assert_string_equal(sentence(finding), "the child in malloc(24), step small: blocked "
					       "forever on the lock taken by malloc in "
					       "libc.so.6 (word 2)");
	/* Nobody takes the end of a thread. */
	finding.wait_object = WAIT_OBJECT_THREAD;
	assert_null(strstr(sentence(finding), "taken by"));
	finding.wait_object = WAIT_OBJECT_UNKNOWN;
	finding.taker[0] = '\0';
	assert_non_null(
		strstr(sentence(finding), "blocked forever on a lock in libc.so.6 (word 2)"));
	finding.lock_module[0] = '\0';
	assert_non_null(strstr(sentence(finding), "blocked forever on a lock (word 2)"));
	assert_null(strstr(sentence(finding), "0x"));
}

static void what_a_process_printed_comes_before_what_a_check_found(void **state)
{
	struct finding finding = {.verdict = VERDICT_CORRUPTION,
		.cause = CAUSE_FAILED_CHECK,
		.failure = FAILURE_OVERWRITTEN,
		.block = 0x20,
		.block_size = 64};
	(void)state;
	assert_string_equal(sentence(finding),
		"the child outside of the allocator: a block did not hold its pattern any more "
		"(overwritten: block 0x20 of 64 bytes)");
	(void)snprintf(finding.output, sizeof(finding.output), "it says so");
	assert_non_null(strstr(sentence(finding), "any more (it says so)"));
	/* A number that no runner writes, from a page that was overwritten. */
	finding.failure = (enum failure_kind)12345;
	assert_non_null(strstr(sentence(finding), "a check failed without a record of it"));
}

static void a_failure_of_forklab_blames_no_process(void **state)
{
	struct finding finding = {
		.verdict = VERDICT_BROKEN, .cause = CAUSE_NOT_STARTED, .error = 2};
	(void)state;
	assert_string_equal(
		sentence(finding), "the runner cannot be started: No such file or directory");
	finding = (struct finding){.verdict = VERDICT_BROKEN,
		.cause = CAUSE_NOT_REPRODUCED,
		.trial = 7,
		.attempt = {{.reached = true, .instruction = 5, .pc = 0x10, .waited = true},
			{.reached = true,
				.instruction = 5,
				.pc = 0x10,
				.verdict = VERDICT_DEADLOCK,
				.step = CHILD_STEP_SMALL}}};
	assert_string_equal(sentence(finding),
		"point 7 does not reproduce: first waited after 5 instructions at 0x10, "
		"then deadlock after 5 instructions at 0x10 (step small)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_named_by_its_variable_or_by_what_takes_it),
		cmocka_unit_test(every_cause_has_a_sentence_of_its_own),
		cmocka_unit_test(every_reason_has_a_sentence_of_its_own),
		cmocka_unit_test(every_damage_has_a_sentence),
		cmocka_unit_test(a_hang_names_lock_and_owner),
		cmocka_unit_test(a_lock_that_is_not_the_allocators_is_named_so),
		cmocka_unit_test(what_a_process_printed_comes_before_what_a_check_found),
		cmocka_unit_test(a_failure_of_forklab_blames_no_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
