/*
 * The silent damage: each planted fault has its note and no other, whatever is done right has none,
 * and no note changes a verdict but that on blocks which overlap. Nothing here depends on when a
 * fork happens: the threads are at rest.
 */
#include "e2e.h"

#include <stdio.h>
#include <string.h>

/*
 * How much memory glibc releases depends on the addresses of its blocks, so it varies where these
 * are random.
 */
#define BY_CHANCE "memory-kept"

static const struct {
	const char *fault, *note, *verdict, *may;
} planted[] = {
	{"", "", "ok", ""},
	{"twice", "blocks-twice", "corruption", ""},
	{"keep", "memory-kept", "ok", ""},
	{"background-thread", "threads-gone", "ok", ""},
	{"background-thread-again", "", "ok", ""},
	{"random", "same-random", "ok", BY_CHANCE},
	{"random-again", "", "ok", BY_CHANCE},
};
enum { PLANTED = sizeof(planted) / sizeof(planted[0]) };

static void run_fault(struct e2e_result *result, const char *fault, const char *format)
{
	e2e_env("FORKLAB_FAULT", fault);
	e2e_run(result,
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", "5", "--format", format));
	e2e_env("FORKLAB_FAULT", NULL);
	assert_int_equal(result->status, 0);
}

/* That one must be there, or none, and no other but those of `may`. */
static void check_notes(const json_t *cell, const char *name, const char *kind, const char *may)
{
	const json_t *notes = json_object_get(cell, "notes"), *note;
	bool seen = !*kind;
	size_t i;
	assert_true(json_is_array(notes));
	if (!e2e_bool(cell, "examined"))
		e2e_fail("%s was not examined", name);
	json_array_foreach(notes, i, note)
	{
		assert_true(*e2e_text(note, "text"));
		bool is = strcmp(e2e_text(note, "kind"), kind) == 0;
		seen |= is;
		if (!is && !e2e_is_one_of(e2e_text(note, "kind"), may))
			e2e_fail("%s has the note %s", name, json_dumps(note, 0));
	}
	if (!seen)
		e2e_fail("%s has no note '%s'", name, kind);
}

static void planted_damage_is_noted(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLANTED; i++) {
		struct e2e_result result;
		run_fault(&result, planted[i].fault, "json");
		json_t *report = e2e_json(&result);
		const json_t *cell = e2e_only_cell(report);
		check_notes(cell, planted[i].fault, planted[i].note, planted[i].may);
		assert_string_equal(e2e_text(cell, "verdict"), planted[i].verdict);
		assert_int_equal(e2e_count(cell, "ok"), 5);
		json_decref(report);
		e2e_free(&result);
	}
}

/* Blocks that overlap are a finding, with its sentence. */
static void overlapping_blocks_are_a_finding(void **state)
{
	struct e2e_result result;
	(void)state;
	run_fault(&result, "twice", "json");
	json_t *report = e2e_json(&result);
	const json_t *cell = e2e_only_cell(report);
	assert_int_equal(e2e_count(cell, "corruption"), 1);
	assert_non_null(strstr(e2e_text(e2e_finding(cell), "sentence"), "handed out twice"));
	json_decref(report);
	e2e_free(&result);
}

static void every_format_has_the_notes(void **state)
{
	(void)state;
	static const char *const formats[] = {"text", "markdown", "csv", "junit"};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct e2e_result result;
		run_fault(&result, "background-thread", formats[i]);
		if (!strstr(result.out, "background thread"))
			e2e_fail("%s says nothing of it: %s", formats[i], result.out);
		e2e_free(&result);
	}
}

/* Freeing another thread's blocks in vain, and not in vain. */
static void a_teaching_allocator_strands_memory(void **state)
{
	struct e2e_result result;
	(void)state;
	if (!e2e_has_runner("teach-stranded") || !e2e_has_runner("teach-lockall"))
		skip();
	e2e_run(&result, E2E_ARGS("stress", "-a", "teach-lockall,teach-stranded", "-s",
				 "basic,churn", "-m", "fork", "--trials", "5", "--format", "json"));
	json_t *report = e2e_json(&result);
	e2e_check_controls(report, result.status);
	check_notes(e2e_cell(report, "teach-lockall", "basic", "fork"), "teach-lockall", "", "");
	check_notes(e2e_cell(report, "teach-stranded", "basic", "fork"), "teach-stranded",
		"memory-kept", "");
	/* Only where the scenario asks for it. */
	assert_false(e2e_bool(e2e_cell(report, "teach-stranded", "churn", "fork"), "examined"));
	json_decref(report);
	e2e_free(&result);
}

/* Where every child hangs, no damage is silent, and the examination is left out. */
static void what_is_bad_is_not_examined(void **state)
{
	struct e2e_result result;
	(void)state;
	run_fault(&result, "hang", "json");
	json_t *report = e2e_json(&result);
	assert_false(e2e_bool(e2e_only_cell(report), "examined"));
	json_decref(report);
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_damage_is_noted),
		cmocka_unit_test(overlapping_blocks_are_a_finding),
		cmocka_unit_test(every_format_has_the_notes),
		cmocka_unit_test(a_teaching_allocator_strands_memory),
		cmocka_unit_test(what_is_bad_is_not_examined),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
