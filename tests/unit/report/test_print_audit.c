/* The formats of an audit: contents and width. */
#include "audit_print.h"

#include <jansson.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { AUDITS = 3 };

static struct audit *audit;
static struct audit_report list;

static void fill(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text);
}

static void make_handler(struct audit_handler *handler, const char *name, uint32_t order)
{
	*handler = (struct audit_handler){
		.address = 0x1000,
		.action = {.ran = true,
			.order = order,
			.instructions = 708,
			.stores = 87,
			.locked = 87,
			.median_ns = 220.4},
	};
	fill(handler->name, sizeof(handler->name), name);
	handler->function_length = (int)strcspn(name, " ");
}

/* One with handlers and a long name, one of libc, one that could not be traced. */
static int begin(void **state)
{
	(void)state;
	audit = calloc(AUDITS, sizeof(*audit));
	if (!audit)
		return -1;
	list = (struct audit_report){.audits = AUDITS, .audit = audit, .seconds = 0.5};
	fill(audit[0].allocator, sizeof(audit[0].allocator), "tc|malloc");
	audit[0].registrations = 2;
	audit[0].registration[0].entry_point = AUDIT_ENTRY_COMPAT;
	fill(audit[0].registration[0].caller, MODEL_NAME_MAX, "start (libtc.so.4)");
	for (int phase = 0; phase < ATFORK_PHASES; phase++)
		make_handler(&audit[0].registration[0].handler[phase],
			"_ZN8tcmalloc21CentralCacheUnlockAllEv (libtc.so.4)", 2);
	audit[0].registration[0].handler[ATFORK_CHILD].action.median_ns = -1;
	audit[0].registration[1].own = true;
	make_handler(&audit[0].registration[1].handler[0], "own_prepare (x)", 1);
	audit[0].word[audit[0].words++] = (struct audit_lock_word){
		.address = 0xffffffffff600000, .size = 4, .child = AUDIT_RELEASED};
	fill(audit[1].allocator, sizeof(audit[1].allocator), "glibc");
	audit[1].of_libc = true;
	audit[1].word[audit[1].words++] = (struct audit_lock_word){
		.taker = -1, .child = AUDIT_REINITIALISED, .of_malloc = true};
	fill(audit[2].allocator, sizeof(audit[2].allocator), "secret");
	fill(audit[2].summary.why, sizeof(audit[2].summary.why), "no \"right\" to trace");
	for (int i = 0; i < AUDITS; i++)
		audit_conclude(&audit[i]);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(audit);
	return 0;
}

static char *print_with(enum output_format format, const struct print_options *options)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(audit_print(out, format, &list, options), 0);
	(void)fclose(out);
	return text;
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		longest = length > longest ? length : longest;
		text += length + (text[length] == '\n');
	}
	return longest;
}

static void text_fits_the_terminal(void **state)
{
	(void)state;
	for (unsigned width = 64; width < 160; width += 3) {
		char *text = print_with(OUTPUT_TEXT, &(struct print_options){.width = width});
		assert_in_range(longest_line(text), 1, width);
		assert_non_null(strstr(text, "glibc      libc-internal:"));
		assert_non_null(strstr(text, "secret     not known: no \"right\" to trace"));
		free(text);
	}
}

static void text_tells_it_all(void **state)
{
	char *text = print_with(OUTPUT_TEXT, &(struct print_options){0});
	(void)state;
	assert_non_null(strstr(text, "_ZN8tcmalloc21CentralCacheUnlockAllEv"));
	assert_non_null(strstr(text, "220 ns"));
	assert_non_null(strstr(text, "fork() itself"));
	assert_non_null(strstr(text, "tc|malloc: through libc's old pthread_atfork, by start"));
	assert_non_null(strstr(text, "before the application's own"));
	assert_non_null(strstr(text, "tc|malloc  locks 1 word, releases it in the child\n"));
	/* The application's handlers are there to compare with. */
	assert_null(strstr(text, "own_prepare"));
	free(text);
}

static void a_quiet_text_is_tables_only(void **state)
{
	char *text = print_with(OUTPUT_TEXT, &(struct print_options){.quiet = true});
	(void)state;
	assert_null(strstr(text, "How they were registered"));
	assert_non_null(strstr(text, "locks 1 word"));
	free(text);
}

static void colour_is_asked_for(void **state)
{
	char *text = print_with(OUTPUT_TEXT, &(struct print_options){0});
	char *color = print_with(OUTPUT_TEXT, &(struct print_options){.color = true});
	(void)state;
	assert_null(strchr(text, '\033'));
	assert_non_null(strchr(color, '\033'));
	free(text);
	free(color);
}

static void an_interrupt_is_said(void **state)
{
	(void)state;
	list.partial = true;
	char *text = print_with(OUTPUT_TEXT, &(struct print_options){0});
	char *markdown = print_with(OUTPUT_MARKDOWN, &(struct print_options){0});

	assert_non_null(strstr(text, "Interrupted:"));
	assert_non_null(strstr(markdown, "Interrupted:"));
	free(text);
	free(markdown);
}

static void markdown_escapes_markup(void **state)
{
	char *text = print_with(OUTPUT_MARKDOWN, &(struct print_options){0});
	(void)state;
	assert_non_null(strstr(text, "| tc\\|malloc | prepare | 2 |"));
	assert_non_null(strstr(text, "| tc\\|malloc | locks 1 word, releases it in the child |"));
	assert_non_null(strstr(text, "| secret | not known: no \"right\" to trace |"));
	free(text);
}

static void json_has_everything(void **state)
{
	char *text = print_with(OUTPUT_JSON, &(struct print_options){0});
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	const json_t *first, *registration, *word;
	(void)state;
	assert_non_null(root);
	assert_int_equal(json_array_size(json_object_get(root, "audits")), AUDITS);
	first = json_array_get(json_object_get(root, "audits"), 0);
	assert_string_equal(json_string_value(json_object_get(first, "kind")), "locks-releases");
	assert_int_equal(json_array_size(json_object_get(first, "registrations")), 2);
	registration = json_array_get(json_object_get(first, "registrations"), 0);
	assert_true(
		json_is_null(json_object_get(json_object_get(registration, "child"), "median_ns")));
	assert_true(json_is_null(json_object_get(registration, "duplicate_of")));
	word = json_array_get(json_object_get(first, "words"), 0);
	assert_string_equal(
		json_string_value(json_object_get(word, "address")), "0xffffffffff600000");
	assert_int_equal(json_integer_value(json_object_get(word, "registration")), 1);
	json_decref(root);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_fits_the_terminal),
		TEST(text_tells_it_all),
		TEST(a_quiet_text_is_tables_only),
		TEST(colour_is_asked_for),
		TEST(an_interrupt_is_said),
		TEST(markdown_escapes_markup),
		TEST(json_has_everything),
	};
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
