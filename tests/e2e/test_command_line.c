/*
 * Bad input: one clear sentence on standard error, exit status 2, nothing on standard output, and
 * the output file is unchanged. And the other exit statuses.
 */
#include "e2e.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGS_MAX = 8, WORDS_MAX = 3 };

struct bad_input {
	const char *args[ARGS_MAX];
	const char *says[WORDS_MAX]; /* parts of the sentence */
};

static const struct bad_input bad_inputs[] = {
	/* Names, with the nearest that is known. */
	{{"-a", "teach-lokall"}, {"'teach-lokall'", "did you mean 'teach-lockall'?"}},
	{{"-a", "glibc,jemaloc"}, {"unknown allocator 'jemaloc'", "'jemalloc'"}},
	{{"-a", "zzzzzzzzzzzz"}, {"unknown allocator 'zzzzzzzzzzzz'", "glibc"}},
	{{"-s", "basik"}, {"unknown scenario 'basik'", "'basic'"}},
	{{"-s", "basic,loger-aware"}, {"unknown scenario 'loger-aware'", "'logger-aware'"}},
	{{"-m", "frok"}, {"unknown fork method 'frok'", "'fork'"}},
	{{"-m", "fork,vfork"}, {"unknown fork method 'vfork'", "'fork'"}},
	{{"--format", "jsn"}, {"unknown format 'jsn'", "'json'"}},
	{{"--fail-on", "deadlok"}, {"unknown verdict 'deadlok'", "'deadlock'"}},
	{{"audit", "-a", "jemaloc"}, {"unknown allocator 'jemaloc'", "'jemalloc'"}},
	{{"audit", "--format", "csv"}, {"audit has no format 'csv'", "text, json and markdown"}},
	{{"audit", "--trials", "5"}, {"--trials belongs to", "audit does not"}},
	{{"--color", "alwys"}, {"'alwys'", "'always'"}},
	{{"strss"}, {"unknown command 'strss'", "'stress'"}},
	{{"stress", "list"}, {"'list'", "stress"}},
	{{"--trails", "5"}, {"unknown option '--trails'", "'--trials'"}},
	{{"-x"}, {"'-x'"}},
	{{"-a", "glibc,,jemalloc"}, {"--alloc", "empty name"}},
	{{"-a", ""}, {"--alloc", "empty name"}},
	{{"-s", "a-name-that-is-much-longer-than-any-name-can-be"}, {"--scenario", "too long"}},

	/* Names beside "all". */
	{{"-a", "all,nope"}, {"unknown allocator 'nope'", "known: "}},
	{{"-a", "nope,all"}, {"unknown allocator 'nope'"}},
	{{"-s", "all,nope"}, {"unknown scenario 'nope'"}},
	{{"-m", "all,nope"}, {"unknown fork method 'nope'"}},
	{{"--cure", "all,nope"}, {"unknown cure 'nope'"}},
	{{"audit", "-a", "all,nope"}, {"unknown allocator 'nope'"}},
	{{"cost", "-a", "all,nope"}, {"unknown allocator 'nope'"}},
	{{"choose", "--server", "pool", "-a", "all,nope"}, {"unknown allocator 'nope'"}},
	{{"list", "-a", "all,nope"}, {"unknown allocator 'nope'"}},
	{{"list", "-s", "nope"}, {"unknown scenario 'nope'"}},

	/* Control characters, escaped in what is repeated of them. */
	{{"-a", "\033[2Jx"}, {"unknown allocator '\\x1b[2Jx'"}},
	{{"-s", "a\nb\tc"}, {"unknown scenario 'a\\nb\\tc'"}},
	{{"-m", "\rfork"}, {"unknown fork method '\\rfork'"}},
	{{"--format", "te\aext"}, {"unknown format 'te\\aext'"}},
	{{"--trials", "1\n2"}, {"not '1\\n2'"}},
	{{"--seed", "\x7f"}, {"not '\\x7f'"}},
	{{"--tri\033ls", "5"}, {"unknown option '--tri\\x1bls'"}},
	{{"r\nun"}, {"unknown command 'r\\nun'"}},
	{{"--preload", "./no\nthing.so"}, {"no\\nthing.so"}},
	{{"--preload", "./\xff\xfe.so"}, {"\\xff\\xfe.so"}},
	{{"-o", "/nowhere/\033[31mx"}, {"cannot write /nowhere/\\x1b[31mx"}},
	{{"--runners", "/nowhere/\n"}, {"/nowhere/\\n/catalogue.json"}},
	{{"choose", "--server", "pool", "--from", "/nowhere/\n"}, {"/nowhere/\\n"}},
	{{"cost", "--plot", "/nowhere/\n\n"}, {"/nowhere/\\n\\n"}},

	/* Numbers: zero, negative, absurd, none at all. */
	{{"--trials", "0"}, {"--trials", "'0'", "from 1 to"}},
	{{"--trials", "-5"}, {"--trials", "'-5'"}},
	{{"--trials", "99999999999999999999999"}, {"--trials", "from 1 to"}},
	{{"--trials", "10000001"}, {"--trials", "10,000,000"}},
	{{"--trials", "1e3"}, {"--trials", "'1e3'"}},
	{{"--trials", "12x"}, {"--trials", "'12x'"}},
	{{"--trials", " 12"}, {"--trials", "' 12'"}},
	{{"--trials", ""}, {"--trials", "''"}},
	{{"--trials"}, {"--trials", "needs a value"}},
	{{"--trial", "10000000"}, {"--trial "}},
	{{"--trial", "-1"}, {"--trial "}},
	{{"--workers", "33"}, {"--workers", "32"}},
	{{"--workers", "-1"}, {"--workers"}},
	{{"--budget", "0"}, {"--budget", "more than 0"}},
	{{"--budget", "-3"}, {"--budget"}},
	{{"--budget", "nan"}, {"--budget", "'nan'"}},
	{{"--budget", "inf"}, {"--budget", "'inf'"}},
	{{"--budget", "1e9"}, {"--budget"}},
	{{"--budget", "99999999"}, {"--budget"}},
	{{"--deadline", "0"}, {"--deadline", "from 0.1"}},
	{{"--deadline", "1.2.3"}, {"--deadline"}},
	{{"--seed", "-1"}, {"--seed", "'-1'"}},
	{{"--seed", "18446744073709551616"}, {"--seed", "64 bits"}},
	{{"--seed", "0x"}, {"--seed"}},
	{{"--quick", "--thorough"}, {"--quick", "--thorough"}},
	{{"--quiet=yes"}, {"--quiet", "takes no value"}},

	/* Files. */
	{{"--runners", "/nowhere/at/all"}, {"/nowhere/at/all/catalogue.json"}},
	{{"--runners", "/etc/passwd"}, {"/etc/passwd"}},
	{{"--runners", ""}, {"--runners"}},
	{{"-o", "/nowhere/at/all/result"}, {"cannot write /nowhere/at/all/result"}},
	{{"-o", "/tmp"}, {"cannot write /tmp", "directory"}},
	{{"-o", ""}, {"--output"}},
};
enum { BAD_INPUTS = sizeof(bad_inputs) / sizeof(bad_inputs[0]) };

static const char before[] = "what was there before\n";

/* ---- One sentence ---- */

static void check_sentence(const char *text)
{
	size_t length = strlen(text);
	if (strncmp(text, "forklab: ", strlen("forklab: ")) != 0 || length < 20 ||
		strchr(text, '\n') != text + length - 1)
		e2e_fail("not one line of forklab's: '%s'", text);
}

static void check_refused(const struct e2e_result *result, const char *const *says)
{
	check_sentence(result->err);
	for (int i = 0; i < WORDS_MAX && says[i]; i++)
		if (!strstr(result->err, says[i]))
			e2e_fail("no \"%s\" in: %s", says[i], result->err);
	if (result->status != 2)
		e2e_fail("exit status %d, not 2: %s", result->status, result->err);
	assert_string_equal(result->out, "");
}

static void refused(const char *const *args, const char *const *says)
{
	const char *all[ARGS_MAX + 3] = {"-o"};
	struct e2e_result result;
	struct stat old, new;
	char *output = strdup(e2e_in_home("result"));
	assert_non_null(output);
	all[1] = output;
	for (int i = 0; i < ARGS_MAX && args[i]; i++)
		all[2 + i] = args[i];
	e2e_write(output, before);
	assert_int_equal(stat(output, &old), 0);
	e2e_run(&result, all);
	check_refused(&result, says);
	assert_int_equal(stat(output, &new), 0);
	assert_int_equal(new.st_ino, old.st_ino);
	char *after = e2e_read(output);
	assert_string_equal(after, before);
	free(after);
	free(output);
	e2e_free(&result);
}

static void bad_input_is_refused(void **state)
{
	const struct bad_input *bad = *state;
	refused(bad->args, bad->says);
}

/* What comes too late is dropped; each cell is either judged or said to be dropped. */
static void cells_beyond_the_budget_are_dropped_and_told(void **state)
{
	(void)state;
	enum { CELLS = 3 * 3 * 2 * 2 };
	struct e2e_result result;
	const char *args[] = {"run", "-a", "teach-lockall,teach-reinit,glibc", "-s",
		"basic,churn,pool", "-m", "fork,_Fork", "--budget", "0.3", "--details", NULL, NULL, NULL};
	size_t i, dropped = 0;
	const json_t *cell;
	e2e_run(&result, args);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "Dropped, "));
	e2e_free(&result);
	args[9] = "--format";
	args[10] = "json";
	e2e_run(&result, args);
	json_t *report = e2e_json(&result);
	e2e_free(&result);
	assert_int_equal(json_array_size(json_object_get(report, "results")), CELLS);
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		if (!e2e_bool(cell, "dropped"))
			continue;
		dropped++;
		assert_string_equal(e2e_text(cell, "verdict"), "skipped");
		assert_int_equal(e2e_number(cell, "bad"), 0);
		assert_int_equal(e2e_count(cell, "ok"), 0);
		assert_non_null(strstr(e2e_text(cell, "why"), "budget exhausted before its turn"));
	}
	assert_true(dropped > 0 && dropped < CELLS);
	json_decref(report);
}

/* A whole run would be lost if this came out only at its end. */
static void existing_file_that_cannot_be_replaced(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip(); /* nothing is forbidden to root */
	e2e_write(e2e_in_home("closed"), before);
	assert_int_equal(chmod(e2e_in_home("closed"), 0444), 0);
	refused((const char *[ARGS_MAX]){"-o", e2e_in_home("closed")},
		(const char *[WORDS_MAX]){"cannot write"});
}

/* ---- Runners that do not fit ---- */

static void replace_all(char *text, size_t size, const char *old, const char *new)
{
	size_t length = strlen(old);
	unsigned replaced = 0;
	for (char *at; (at = memmem(text, size, old, length)); replaced++)
		memcpy(at, new, length);
	assert_true(replaced > 0);
}

static char *read_binary(const char *path, size_t *size)
{
	struct stat status;
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	*size = (size_t)status.st_size;
	char *bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void write_program(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void contract_of(char *contract, size_t size)
{
	json_t *catalogue = json_load_file(e2e_in_home("catalogue.json"), 0, NULL);
	assert_non_null(catalogue);
	snprintf(contract, size, "%s", e2e_text(catalogue, "contract"));
	json_decref(catalogue);
}

#define OF_FAULTS ((const char *[ARGS_MAX]){"--runners", e2e_in_home(NULL), "-a", "fault"})

static void copy_faults(void)
{
	e2e_copy_runners(e2e_directory("FORKLAB_FAULTS"), e2e_in_home(NULL), NULL);
}

static void runner_is_missing(void **state)
{
	(void)state;
	copy_faults();
	assert_int_equal(unlink(e2e_in_home("forklab-run-fault")), 0);
	refused(OF_FAULTS,
		(const char *[WORDS_MAX]){"runner of fault is missing", e2e_in_home(NULL)});
}

static void runner_is_no_program(void **state)
{
	(void)state;
	copy_faults();
	assert_int_equal(unlink(e2e_in_home("forklab-run-fault")), 0);
	write_program(e2e_in_home("forklab-run-fault"), "no program", strlen("no program"));
	refused(OF_FAULTS, (const char *[WORDS_MAX]){"runner of fault cannot be started"});
}

static void runner_of_another_build(void **state)
{
	(void)state;
	char contract[64], other[64];
	size_t size;
	copy_faults();
	contract_of(contract, sizeof(contract));
	snprintf(other, sizeof(other), "%.*s", (int)strlen(contract),
		"0123456789abcdef0123456789abcdef");
	char *bytes = read_binary(e2e_in_home("forklab-run-fault"), &size);
	replace_all(bytes, size, contract, other);
	assert_int_equal(unlink(e2e_in_home("forklab-run-fault")), 0);
	write_program(e2e_in_home("forklab-run-fault"), bytes, size);
	free(bytes);
	refused(OF_FAULTS, (const char *[WORDS_MAX]){"runner of fault", "another build"});
}

static void rewrite_catalogue(const char *key, const char *value)
{
	json_t *catalogue = json_load_file(e2e_in_home("catalogue.json"), 0, NULL);
	json_t *object = catalogue;
	assert_non_null(catalogue);
	if (strcmp(key, "contract") != 0)
		object = json_array_get(json_object_get(catalogue, "allocators"), 0);
	json_t *new = strcmp(key, "built") == 0 ? json_false() : json_string(value);
	assert_int_equal(json_object_set_new(object, key, new), 0);
	assert_int_equal(json_dump_file(catalogue, e2e_in_home("catalogue.json"), 0), 0);
	json_decref(catalogue);
}

static void catalogue_of_another_build(void **state)
{
	(void)state;
	copy_faults();
	rewrite_catalogue("contract", "0123456789abcdef");
	refused(OF_FAULTS, (const char *[WORDS_MAX]){"catalogue.json", "another build"});
}

static void catalogue_is_garbage(void **state)
{
	(void)state;
	static const char *const garbage[] = {
		"", "{", "[]", "{}", "{\"allocators\": 3}", "\"\\u0000\""};
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		e2e_write(e2e_in_home("catalogue.json"), garbage[i]);
		refused(OF_FAULTS, (const char *[WORDS_MAX]){"catalogue.json"});
	}
}

/* Known, but its library was not there when forklab was built. */
static void allocator_is_not_built(void **state)
{
	(void)state;
	e2e_copy_runners(e2e_directory("FORKLAB_RUNNERS"), e2e_in_home(NULL), NULL);
	json_t *catalogue = json_load_file(e2e_in_home("catalogue.json"), 0, NULL);
	const json_t *first = json_array_get(json_object_get(catalogue, "allocators"), 0);
	char *name = strdup(e2e_text(first, "name"));
	assert_non_null(name);
	json_decref(catalogue);
	rewrite_catalogue("built", NULL);
	rewrite_catalogue("why", "its library is missing");
	rewrite_catalogue("package", "libsomething-dev");
	refused((const char *[ARGS_MAX]){"--runners", e2e_in_home(NULL), "-a", name},
		(const char *[WORDS_MAX]){name, "its library is missing", "libsomething-dev"});
	free(name);
}

/* ---- The other exit statuses ---- */

static int status_of(const char *fault, const char *fail_on)
{
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", fault);
	e2e_run(&result,
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", "2", "--fail-on", fail_on));
	int status = result.status;
	assert_true(result.out_size > 0);
	assert_string_equal(result.err, "");
	e2e_free(&result);
	return status;
}

static void fail_on_decides(void **state)
{
	(void)state;
	assert_int_equal(status_of("hang", "deadlock"), 1);
	assert_int_equal(status_of("hang", "corruption,deadlock"), 1);
	assert_int_equal(status_of("hang", "bad"), 1);
	assert_int_equal(status_of("hang", "livelock,corruption,crash"), 0);
	assert_int_equal(status_of("", "bad"), 0);
	assert_int_equal(status_of("no-check", "bad"), 3);
	assert_int_equal(status_of("no-check", "broken"), 1);
}

static void help_and_version(void **state)
{
	(void)state;
	static const char *const options[] = {"--help", "-h", "--version", "-V"};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct e2e_result result;
		e2e_run(&result, E2E_ARGS(options[i]));
		assert_int_equal(result.status, 0);
		assert_non_null(strstr(result.out, i < 2 ? "Commands" : "forklab "));
		assert_string_equal(result.err, "");
		e2e_free(&result);
	}
}

static void result_that_cannot_be_written(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", NULL);
	e2e_run(&result,
		E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a", "fault",
			"-s", "basic", "-m", "fork", "--trials", "2", "-o", "/dev/full"));
	assert_int_equal(result.status, 3);
	check_sentence(result.err);
	e2e_free(&result);
}

static void output_file_is_the_result(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_write(e2e_in_home("result"), before);
	e2e_env("FORKLAB_FAULT", NULL);
	e2e_run(&result, E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				 "fault", "-s", "basic", "-m", "fork", "--trials", "2", "--format",
				 "json", "-o", e2e_in_home("result")));
	assert_int_equal(result.status, 0);
	assert_string_equal(result.out, "");
	json_t *report = json_load_file(e2e_in_home("result"), 0, NULL);
	assert_non_null(report);
	json_decref(report);
	e2e_free(&result);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, e2e_make_home, e2e_remove_home)

int main(void)
{
	static struct CMUnitTest of_table[BAD_INPUTS];
	static char names[BAD_INPUTS][128];
	const struct CMUnitTest others[] = {
		IN_DIRECTORY(existing_file_that_cannot_be_replaced),
		IN_DIRECTORY(runner_is_missing),
		IN_DIRECTORY(runner_is_no_program),
		IN_DIRECTORY(runner_of_another_build),
		IN_DIRECTORY(catalogue_of_another_build),
		IN_DIRECTORY(catalogue_is_garbage),
		IN_DIRECTORY(allocator_is_not_built),
		IN_DIRECTORY(output_file_is_the_result),
		cmocka_unit_test(cells_beyond_the_budget_are_dropped_and_told),
		cmocka_unit_test(fail_on_decides),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(result_that_cannot_be_written),
	};
	for (size_t i = 0; i < BAD_INPUTS; i++) {
		const char *const *args = bad_inputs[i].args;
		snprintf(names[i], sizeof(names[i]), "%s %s", args[0], args[1] ? args[1] : "");
		of_table[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = bad_input_is_refused,
			.setup_func = e2e_make_home,
			.teardown_func = e2e_remove_home,
			.initial_state = (void *)&bad_inputs[i],
		};
	}
	int failed = cmocka_run_group_tests_name("bad input", of_table, NULL, NULL);
	return failed + cmocka_run_group_tests_name("others", others, NULL, NULL);
}
