/*
 * An explanation in its formats: what each must contain, and that no outside text becomes markup.
 */
#include "explain_print.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct explanation *explanation;

static struct stack_frame *add_frame(struct stack *stack, const char *function, unsigned line)
{
	struct stack_frame *frame = &stack->frame[stack->frames++];
	frame->pc = 0x1000 + stack->frames;
	frame->offset = 5;
	frame->line = line;
	snprintf(frame->function, sizeof(frame->function), "%s", function);
	snprintf(frame->module, sizeof(frame->module), "libx.so");
	if (line)
		snprintf(frame->source, sizeof(frame->source), "/src/x.c");
	return frame;
}

/* A child that hangs, with one of everything. */
static int begin(void **state)
{
	(void)state;
	explanation = calloc(1, sizeof(*explanation));
	if (!explanation)
		return -1;
	*explanation = (struct explanation){.outcome = OUTCOME_STUCK,
		.verdict = VERDICT_DEADLOCK,
		.has_finding = true,
		.finding = {.verdict = VERDICT_DEADLOCK,
			.certainty = CERTAINTY_PROVEN,
			.cause = CAUSE_STUCK,
			.reasons = 1,
			.reason = {{.kind = REASON_NO_SIGNAL}}},
		.point = 7,
		.instruction = 100,
		.threads = 1};
	snprintf(explanation->allocator, sizeof(explanation->allocator), "x");
	snprintf(explanation->scenario, sizeof(explanation->scenario), "basic");
	explanation->method = METHOD__FORK;
	snprintf(explanation->worker.call, sizeof(explanation->worker.call), "malloc(24)");
	explanation->worker.inside = true;
	add_frame(&explanation->worker.stack, "take_it", 12)->inlined = true;
	add_frame(&explanation->worker.stack, "outer", 40);
	explanation->lock.known = true;
	explanation->lock.address = 0x7000;
	explanation->lock.at_fork = 1;
	snprintf(explanation->lock.name, sizeof(explanation->lock.name), "a\"lock_<b>");
	explanation->lock.taken =
		(struct explanation_store){.known = true, .after = 1, .instructions = 3};
	add_frame(&explanation->lock.taken.stack, "taker", 0);
	struct stack_frame *waiter = add_frame(&explanation->thread[0].stack, "waiter", 0);
	snprintf(waiter->module, sizeof(waiter->module), "libc.so.6");
	snprintf(explanation->command, sizeof(explanation->command), "forklab explain -a x");
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(explanation);
	return 0;
}

/* The caller frees it. */
static char *print(enum output_format format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const struct print_options options = {.utf8 = true};
	assert_non_null(out);
	assert_int_equal(explain_print(out, format, explanation, &options), 0);
	(void)fclose(out);
	return text;
}

static void has_all(enum output_format format, const char *const *words)
{
	char *text = print(format);
	for (; *words; words++)
		if (!strstr(text, *words))
			fail_msg("'%s' is not in:\n%s", *words, text);
	free(text);
}

static void text_has_everything(void **state)
{
	(void)state;
	has_all(OUTPUT_TEXT,
		(const char *const[]){"x / basic / _Fork(), fork point 7: deadlock, proven",
			"#0   take_it (libx.so, inlined)", "x.c:12", "#0   outer+0x5",
			"3 instructions before the fork point", "taker+0x5 (libx.so)",
			"the child, thread 0: ", "waiter+0x5 (libc.so.6)",
			"1. no signal with a handler", "1. _Fork() runs no atfork handlers",
			"libc.so.6 has no source lines", "forklab explain -a x", NULL});
}

static void a_stack_that_was_cut_says_so(void **state)
{
	(void)state;
	explanation->worker.stack.truncated = true;
	has_all(OUTPUT_TEXT, (const char *const[]){"could not be unwound", NULL});
}

static void markdown_escapes_what_is_no_markup(void **state)
{
	(void)state;
	has_all(OUTPUT_MARKDOWN, (const char *const[]){"# x", "## The lock", "a\"lock\\_\\<b\\>",
					 "    #0   take_it", "1. no signal with a handler", NULL});
}

static void dot_quotes_names(void **state)
{
	(void)state;
	has_all(OUTPUT_DOT, (const char *const[]){"digraph forklab {", "label=\"a\\\"lock_<b>\"",
				    "waiter -> lock [label=\"waits forever for\"",
				    "held by; not in the child", NULL});
}

static void json_is_json(void **state)
{
	char *text = print(OUTPUT_JSON);
	json_t *root = json_loads(text, 0, NULL);
	json_t *told = json_object_get(root, "story");
	json_t *lock = json_object_get(told, "lock");
	(void)state;
	assert_string_equal(json_string_value(json_object_get(root, "schema")), "forklab/1");
	assert_string_equal(json_string_value(json_object_get(told, "end")), "stuck");
	assert_string_equal(json_string_value(json_object_get(lock, "name")), "a\"lock_<b>");
	assert_string_equal(json_string_value(json_object_get(lock, "address")), "0x7000");
	assert_true(json_is_null(json_object_get(lock, "released")));
	json_decref(root);
	free(text);
}

/* Most parts of an explanation may be missing, for each end and in every format. */
static void an_empty_story_can_be_told(void **state)
{
	static const enum output_format formats[] = {
		OUTPUT_TEXT, OUTPUT_MARKDOWN, OUTPUT_JSON, OUTPUT_DOT};
	(void)state;
	for (int how = OUTCOME_OK; how <= OUTCOME_NO_POINT; how++)
		for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
			memset(explanation, 0, sizeof(*explanation));
			explanation->outcome = (enum explanation_outcome)how;
			free(print(formats[i]));
		}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_has_everything),
		TEST(a_stack_that_was_cut_says_so),
		TEST(markdown_escapes_what_is_no_markup),
		TEST(dot_quotes_names),
		TEST(json_is_json),
		TEST(an_empty_story_can_be_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
