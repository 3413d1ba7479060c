/* The command line: defaults, every option, and one clear sentence for each mistake. */
#include "cli.h"
#include "command_output.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 64 };

static struct options options;
static const struct command *command;
static char error[512];

/* Parses "forklab" and the blank-separated words of `line`. */
static int parse(const char *line)
{
	static char copy[2048];
	char *argv[WORDS_MAX] = {"forklab"}, *rest = copy;
	int argc = 1;
	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *word; (word = strsep(&rest, " ")) && argc < WORDS_MAX - 1;)
		if (*word)
			argv[argc++] = word;
	return cli_parse(argc, argv, &command, &options, error, sizeof(error));
}

static void assert_proceeds(const char *line)
{
	if (parse(line) != CLI_PROCEED)
		fail_msg("'%s': %s", line, error);
	assert_string_equal(error, "");
}

static void defaults(void **state)
{
	(void)state;
	assert_proceeds("");
	assert_string_equal(options.command, "run");
	assert_int_equal(options.trials, 40);
	assert_int_equal(options.workers, 4);
	assert_true(options.budget_s == 135);
	assert_true(options.deadline_s == 10);
	assert_true(options.seed == 1);
	assert_true(options.aim);
	assert_false(options.one_trial);
	assert_false(options.one_point);
	assert_false(options.every_instruction);
	assert_false(options.windows);
	assert_null(options.points);
	assert_int_equal(options.methods, 2);
	assert_int_equal(options.method[0], METHOD_FORK);
	assert_int_equal(options.method[1], METHOD__FORK);
	assert_int_equal(options.mitigations, 1);
	assert_int_equal(options.mitigation[0], MITIGATION_NONE);
	assert_int_equal(options.alloc.count, 0);
	assert_false(options.alloc.all);
	assert_int_equal(options.scenario.count, 0);
	assert_int_equal(options.format, OUTPUT_TEXT);
	assert_null(options.output);
	assert_null(options.runner_dir);
	assert_false(options.quiet);
	assert_int_equal(options.color, COLOR_AUTO);
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
		assert_false(options.fail_on[verdict]);
}

static void every_option(void **state)
{
	(void)state;
	assert_proceeds("stress -a jemalloc,glibc -s basic -m clone --trials 7 --workers 0 "
			"--budget 2.5 --deadline 0.1 --seed 0xDEADbeef --no-aim --format json "
			"-o out.json --fail-on crash,deadlock -q --color never --trial 6 "
			"--runners /opt/r");
	assert_string_equal(options.command, "stress");
	assert_int_equal(options.alloc.count, 2);
	assert_string_equal(options.alloc.name[0], "jemalloc");
	assert_string_equal(options.alloc.name[1], "glibc");
	assert_string_equal(options.scenario.name[0], "basic");
	assert_int_equal(options.methods, 1);
	assert_int_equal(options.method[0], METHOD_CLONE);
	assert_int_equal(options.trials, 7);
	assert_int_equal(options.workers, 0);
	assert_true(options.budget_s == 2.5);
	assert_true(options.deadline_s == 0.1);
	assert_true(options.seed == 0xdeadbeef);
	assert_false(options.aim);
	assert_int_equal(options.format, OUTPUT_JSON);
	assert_string_equal(options.output, "out.json");
	assert_true(options.fail_on[VERDICT_CRASH]);
	assert_true(options.fail_on[VERDICT_DEADLOCK]);
	assert_false(options.fail_on[VERDICT_LIVELOCK]);
	assert_true(options.quiet);
	assert_int_equal(options.color, COLOR_NEVER);
	assert_true(options.one_trial);
	assert_int_equal(options.trial, 6);
	assert_string_equal(options.runner_dir, "/opt/r");
}

static void options_of_sweeps(void **state)
{
	(void)state;
	assert_proceeds("sweep --point 210 --every-instruction --windows --points p.txt");
	assert_string_equal(options.command, "sweep");
	assert_true(options.one_point);
	assert_int_equal(options.point, 210);
	assert_true(options.every_instruction);
	assert_true(options.windows);
	assert_string_equal(options.points, "p.txt");
	assert_false(options.one_trial);
	assert_proceeds("--windows --every-instruction --points p.txt run --trials 7");
	assert_true(options.windows);
	/* A command behind the option is the command. */
	assert_proceeds("--point 100000000 sweep");
	assert_int_equal(options.point, OPTIONS_POINTS_MAX);
	assert_proceeds("--trial 5 stress");
}

static void cures_are_a_list(void **state)
{
	(void)state;
	assert_proceeds("--cure quiesce");
	assert_int_equal(options.mitigations, 1);
	assert_int_equal(options.mitigation[0], MITIGATION_QUIESCE);
	assert_proceeds("sweep --cure quiesce,none --cure quiesce");
	assert_int_equal(options.mitigations, 2);
	assert_int_equal(options.mitigation[0], MITIGATION_QUIESCE);
	assert_int_equal(options.mitigation[1], MITIGATION_NONE);
	assert_proceeds("stress --cure all");
	assert_int_equal(options.mitigations, 2);
	assert_int_equal(options.mitigation[0], MITIGATION_NONE);
}

static void the_command_may_stand_anywhere(void **state)
{
	(void)state;
	assert_proceeds("--format json list -q");
	assert_string_equal(options.command, "list");
	assert_true(options.quiet);
	assert_proceeds("-- stress");
	assert_string_equal(options.command, "stress");
}

static void lists_grow_without_doubles(void **state)
{
	(void)state;
	assert_proceeds("-a b,a -a a,c --alloc=b -m clone,fork -m fork");
	assert_int_equal(options.alloc.count, 3);
	assert_string_equal(options.alloc.name[0], "b");
	assert_string_equal(options.alloc.name[1], "a");
	assert_string_equal(options.alloc.name[2], "c");
	assert_int_equal(options.methods, 2);
	assert_int_equal(options.method[0], METHOD_CLONE);
	assert_int_equal(options.method[1], METHOD_FORK);
}

static void all_is_every_one(void **state)
{
	(void)state;
	assert_proceeds("-a all -s x,all -m clone,all");
	assert_true(options.alloc.all);
	assert_true(options.scenario.all);
	assert_int_equal(options.methods, METHOD_COUNT);
	assert_int_equal(options.method[0], METHOD_CLONE);
}

static void bad_is_every_bad_verdict(void **state)
{
	(void)state;
	assert_proceeds("--fail-on bad");
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
		assert_int_equal(options.fail_on[verdict], verdict_is_bad((enum verdict)verdict));
	assert_proceeds("--fail-on skipped --fail-on ok");
	assert_true(options.fail_on[VERDICT_SKIPPED]);
	assert_true(options.fail_on[VERDICT_OK]);
	assert_false(options.fail_on[VERDICT_DEADLOCK]);
}

/* Locks of libc and of the application count on request. */
static void any_counts_what_is_not_the_allocators(void **state)
{
	(void)state;
	assert_proceeds("--fail-on bad");
	assert_false(options.fail_on_any);
	assert_proceeds("--fail-on deadlock,any");
	assert_true(options.fail_on_any);
	assert_true(options.fail_on[VERDICT_DEADLOCK]);
	assert_false(options.fail_on[VERDICT_CRASH]);
	assert_proceeds("--fail-on any");
	assert_true(options.fail_on_any);
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
		assert_int_equal(options.fail_on[verdict], verdict_is_bad((enum verdict)verdict));
}

static void options_of_cost(void **state)
{
	(void)state;
	assert_proceeds("cost");
	assert_string_equal(options.command, "cost");
	assert_int_equal(options.cost.threads + options.cost.heaps + options.cost.pages, 0);
	assert_int_equal(options.cost.rounds, 5);
	assert_int_equal(options.methods, 1);
	assert_true(options.budget_s == 85);
	assert_proceeds("cost --quick --threads 4,0,4 --threads 16 --heap 1M,2G --pages huge");
	assert_int_equal(options.effort, EFFORT_QUICK);
	assert_true(options.budget_s == 18);
	assert_int_equal(options.cost.threads, 3);
	assert_int_equal(options.cost.thread[2], 16);
	assert_int_equal(options.cost.heaps, 2);
	assert_true(options.cost.heap[0] == 1 << 20 && options.cost.heap[1] == UINT64_C(2) << 30);
	assert_int_equal(options.cost.pages, 2);
	assert_proceeds("cost --rounds 9 --thorough --pages all");
	assert_int_equal(options.cost.rounds, 9);
	assert_int_equal(options.cost.pages, 3);
	assert_true(options.budget_s == 0);
}

static void efforts_give_way_to_numbers(void **state)
{
	(void)state;
	assert_proceeds("--quick");
	assert_int_equal(options.trials, 20);
	assert_true(options.budget_s == 20);
	assert_proceeds("sweep");
	assert_true(options.budget_s == 135);
	assert_proceeds("stress");
	assert_true(options.budget_s == 50);
	assert_proceeds("--quick stress");
	assert_true(options.budget_s == 10);
	assert_proceeds("sweep --quick");
	assert_true(options.budget_s == 20);
	assert_proceeds("--thorough");
	assert_int_equal(options.trials, 20000);
	assert_true(options.budget_s == 0);
	assert_proceeds("--trials 3 --quick");
	assert_int_equal(options.trials, 3);
	assert_true(options.budget_s == 20);
	assert_proceeds("--thorough --budget 9");
	assert_int_equal(options.trials, 20000);
	assert_true(options.budget_s == 9);
}

static void limits_are_within(void **state)
{
	(void)state;
	assert_proceeds("stress --trials 1 --workers 32 --budget 86400 --deadline 3600 --trial 0 "
			"--seed 18446744073709551615");
	assert_true(options.seed == UINT64_MAX);
	assert_int_equal(options.workers, SHM_WORKERS_MAX);
	assert_proceeds("stress --trials 10000000 --budget 0.001 --trial 9999999 --seed 0");
	assert_int_equal(options.trials, OPTIONS_TRIALS_MAX);
	assert_true(options.seed == 0);
}

static void help_and_version_end_the_reading(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), CLI_HELP);
	assert_int_equal(parse("-h --bogus"), CLI_HELP);
	assert_int_equal(parse("stress -V"), CLI_VERSION);
	assert_int_equal(parse("--version --trials 0"), CLI_VERSION);
	assert_int_equal(parse("-hZ"), CLI_HELP);
}

/* What was typed, and words that the sentence must hold. */
static const struct {
	const char *line, *says, *and_says;
} mistakes[] = {
	{"--format jsn", "unknown format 'jsn'", "did you mean 'json'?"},
	{"--format xml", "unknown format 'xml'", "text, json, csv, markdown, junit"},
	{"--name mine", "no --preload before it", "--preload PATH --name mine"},
	{"--preload a --name b --name c", "called 'b' already", "'c'"},
	{"--preload a --name b --preload c --name b", "--name b was given twice", "something else"},
	{"--preload a --name all", "every allocator", "choose another"},
	{"--preload a --name b,c", "--name takes", "'b,c'"},
	{"--preload a --name -b", "--name takes", "'-b'"},
	{"--preload a --name abcdefghijklmnopqrstuvwxyz012345", "at most 31 letters",
		"abcdefghijklmnopqrstuvwxyz012345"},
	{"--preload", "--preload", "needs a value"},
	{"list --format junit", "list has no format 'junit'", "text and json"},
	{"-m frok", "unknown fork method 'frok'", "'fork'"},
	{"-m fork,", "--method", "empty name"},
	{"--cure quisce", "unknown cure 'quisce'", "'quiesce'"},
	{"--cure ,", "--cure", "empty name"},
	{"list --cure quiesce", "--cure belongs to", "list does not take it"},
	{"-a ,", "--alloc", "empty name"},
	{"-s a,,b", "--scenario", "'a,,b'"},
	{"-s ./mine", "--scenario ./mine", "C source (.c) or a shared object (.so)"},
	{"-s mine.c/", "--scenario mine.c/", "C source (.c) or a shared object (.so)"},
	{"-s a/all.c", "--scenario a/all.c", "rename the file"},
	{"-s -x.c", "--scenario -x.c", "rename the file"},
	{"-s .so/.c", "--scenario .so/.c", "rename the file"},
	{"-s abcdefghijklmnopqrstuvwxyz012345.so", "at most 31 letters", "rename the file"},
	{"-s a/mine.c,b/mine.so", "a/mine.c is called 'mine', too", "--scenario b/mine.so"},
	{"-a abcdefghijklmnopqrstuvwxyz0123456", "--alloc", "too long"},
	{"--fail-on dedlock", "unknown verdict 'dedlock'", "'deadlock'"},
	{"--fail-on all", "unknown verdict 'all'", "bad"},
	{"strss", "unknown command 'strss'", "'stress'"},
	{"glibc", "unknown command 'glibc'",
		"run, stress, sweep, audit, trace, explain, cost, choose, list"},
	{"swep", "unknown command 'swep'", "'sweep'"},
	{"stress --point 3", "--point belongs to the commands sweep and explain",
		"stress does not"},
	{"--point 3", "--point belongs to the commands sweep and explain", "run does not"},
	{"--point 3 list", "--point belongs to the commands sweep and explain", "list does not"},
	{"stress --windows", "--windows belongs to", "run and sweep"},
	{"run --plot plots", "--plot belongs to the commands cost and choose", "run does not"},
	{"explain --plot plots", "--plot belongs to", "explain does not"},
	{"cost --plot=", "--plot needs a name that is not empty", ""},
	{"--every-instruction stress", "--every-instruction belongs to", "run, sweep and explain"},
	{"explain --trials 5", "--trials belongs to", "explain does not"},
	{"stress --points x", "--points belongs to", "stress does not"},
	{"sweep --trial 5", "--trial belongs to the commands stress and trace", "sweep does not"},
	{"--trial 5", "--trial belongs to the commands stress and trace", "run does not"},
	{"cost --heap 1K", "--heap takes sizes from 1M to 1T", "'1K'"},
	{"cost --heap 2T", "--heap takes sizes from 1M to 1T", "'2T'"},
	{"cost --heap 1MB", "--heap takes sizes from 1M to 1T", "'1MB'"},
	{"cost --heap 99999999999999999999M", "--heap takes sizes", "'99999"},
	{"cost --threads 33", "--threads takes a whole number from 0 to 32", "'33'"},
	{"cost --threads 1,,2", "--threads takes a whole number", "''"},
	{"cost --threads 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", "--threads takes at most",
		"16"},
	{"cost --rounds 33", "--rounds takes a whole number from 1 to 32", "'33'"},
	{"stress --rounds 3", "--rounds belongs to the commands cost and choose",
		"stress does not"},
	{"cost -s basic", "--scenario belongs to the other commands", "cost does not"},
	{"sweep --trials 5", "--trials belongs to", "run, stress and trace"},
	{"sweep --workers 5", "--workers belongs to", "run, stress and trace"},
	{"sweep --point 0", "--point", "1 to 100,000,000"},
	{"sweep --point 100000001", "--point", "1 to 100,000,000"},
	{"sweep --point -1", "--point", "'-1'"},
	{"sweep --point", "'--point' needs a value", "--point=N"},
	{"sweep --points=", "--points", "empty"},
	{"sweep --windows=2", "'--windows' takes no value", ""},
	{"sweep --poin 1", "--point", "--points"},
	{"-", "unknown command '-'", "run"},
	{"run list", "'list'", "'run'"},
	{"--color sometimes", "'sometimes'", "auto, always, never"},
	{"--trials 0", "--trials", "1 to 10,000,000"},
	{"--trials -5", "--trials", "'-5'"},
	{"--trials 10000001", "--trials", "'10000001'"},
	{"--trials 99999999999999999999999", "--trials", "1 to 10,000,000"},
	{"--trials 4294967297", "--trials", "not '4294967297'"},
	{"--trials 1e3", "--trials", "'1e3'"},
	{"--trials 0x10", "--trials", "'0x10'"},
	{"--trials=", "--trials", "''"},
	{"--trials 5x", "--trials", "'5x'"},
	{"--trials +5", "--trials", "'+5'"},
	{"--trial 10000000", "--trial", "0 to 9,999,999"},
	{"--trial -1", "--trial", "'-1'"},
	{"--workers 33", "--workers", "0 to 32"},
	{"--budget 0", "--budget", "more than 0"},
	{"--budget 0.0", "--budget", "more than 0"},
	{"--budget -1", "--budget", "'-1'"},
	{"--budget 86401", "--budget", "86400"},
	{"--budget nan", "--budget", "'nan'"},
	{"--budget inf", "--budget", "'inf'"},
	{"--budget .", "--budget", "'.'"},
	{"--budget 1.2.3", "--budget", "'1.2.3'"},
	{"--deadline 0.09", "--deadline", "0.1 to 3600"},
	{"--deadline 3601", "--deadline", "0.1 to 3600"},
	{"--seed 18446744073709551616", "--seed", "64 bits"},
	{"--seed 0x", "--seed", "'0x'"},
	{"--seed 0x10000000000000000", "--seed", "64 bits"},
	{"--seed 12ab", "--seed", "'12ab'"},
	{"--seed -1", "--seed", "'-1'"},
	{"--quick --thorough", "--quick", "--thorough"},
	{"--output=", "--output", "empty"},
	{"--runners=", "--runners", "empty"},
	{"--fromat json", "unknown option '--fromat'", "'--format'"},
	{"--zzz", "unknown option '--zzz'", "forklab --help"},
	{"-Z", "unknown option '-Z'", "forklab --help"},
	{"-qZ", "unknown option '-Z'", "forklab --help"},
	{"-qZq", "unknown option '-Z'", "forklab --help"},
	{"--seed 1 -q -Zq", "unknown option '-Z'", "forklab --help"},
	{"--seed", "'--seed' needs a value", "--seed=N"},
	{"--quick -o", "'-o' needs a value", "-o FILE"},
	{"-qo", "'-o' needs a value", "-o FILE"},
	{"--quick=yes", "'--quick' takes no value", ""},
	{"--s 1", "--scenario", "--seed"},
	{"--tria 1", "--trial", "--trials"},
};

static void a_mistake_gets_one_clear_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const char *line = mistakes[i].line;
		if (parse(line) != -EINVAL)
			fail_msg("'%s' was accepted", line);
		if (!strstr(error, mistakes[i].says) || !strstr(error, mistakes[i].and_says))
			fail_msg("'%s' says: %s", line, error);
		assert_null(strchr(error, '\n'));
		assert_true(strncmp(error, "forklab", 7) != 0);
	}
}

static void long_words_do_not_overflow_the_sentence(void **state)
{
	char line[1200];
	static const char *const options_before[] = {
		"", "--format ", "--trials ", "--", "-a ", "-a x,", "--fail-on ", "--seed "};
	(void)state;
	for (size_t i = 0; i < sizeof(options_before) / sizeof(options_before[0]); i++) {
		int used = snprintf(line, sizeof(line), "%s", options_before[i]);
		memset(line + used, 'y', 1000);
		line[used + 1000] = '\0';
		assert_int_equal(parse(line), -EINVAL);
		assert_true(*error && strlen(error) < sizeof(error));
	}
}

static void too_many_names_are_refused(void **state)
{
	char line[1024] = "-a n0";
	size_t used = strlen(line);
	(void)state;
	for (int i = 1; i < OPTIONS_NAMES_MAX; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, ",n%d", i);
	assert_proceeds(line);
	assert_int_equal(options.alloc.count, OPTIONS_NAMES_MAX);
	(void)snprintf(line + used, sizeof(line) - used, ",another");
	assert_int_equal(parse(line), -EINVAL);
	assert_non_null(strstr(error, "at most 64"));
}

static char *printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	assert_non_null(stream);
	print(stream);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void version_is_one_line(void **state)
{
	char *text = printed(cli_version);
	(void)state;
	assert_string_equal(text, "forklab " FORKLAB_VERSION "\n");
	free(text);
}

static void colour_follows_option_terminal_and_environment(void **state)
{
	(void)state;
	(void)unsetenv("NO_COLOR");
	(void)setenv("TERM", "xterm", 1);
	assert_proceeds("");
	assert_true(command_color(&options, true));
	assert_false(command_color(&options, false));
	(void)setenv("TERM", "dumb", 1);
	assert_false(command_color(&options, true));
	(void)setenv("TERM", "xterm", 1);
	(void)setenv("NO_COLOR", "", 1);
	assert_true(command_color(&options, true));
	(void)setenv("NO_COLOR", "1", 1);
	assert_false(command_color(&options, true));
	assert_proceeds("--color always");
	assert_true(command_color(&options, false));
	(void)unsetenv("NO_COLOR");
	assert_proceeds("--color never");
	assert_false(command_color(&options, true));
}

static void descriptors_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; command_table[i]; i++) {
		const struct command *each = command_table[i];
		assert_proceeds(*each->name == 'c' && each->name[1] == 'h' ? "choose --server pool"
									   : each->name);
		assert_ptr_equal(command, each);
		assert_string_equal(options.command, each->name);
		assert_true(each->formats & (1U << OUTPUT_TEXT));
		assert_non_null(each->run);
		assert_null(strchr(each->summary, '\n'));
		assert_int_equal(options.modes, each->modes);
	}
}

static void scenarios_in_files(void **state)
{
	(void)state;
	assert_proceeds("-s basic,dir/my-own.c,./x.so,signal -s dir/my-own.c");
	assert_int_equal(options.scenario.count, 4);
	assert_string_equal(options.scenario.name[1], "my-own");
	assert_string_equal(options.scenario.name[2], "x");
	assert_string_equal(options.scenario.name[3], "signal");
	assert_int_equal(options.scenario_files, 2);
	assert_string_equal(options.scenario_file[0].path, "dir/my-own.c");
	assert_string_equal(options.scenario_file[0].name, "my-own");
	assert_true(options.scenario_file[0].is_source);
	assert_string_equal(options.scenario_file[1].path, "./x.so");
	assert_false(options.scenario_file[1].is_source);
	/* Names that only look like suffixes. */
	assert_proceeds("-s c,so,x.cc");
	assert_int_equal(options.scenario_files, 0);
}

static void modes_follow_the_command(void **state)
{
	(void)state;
	assert_proceeds("run");
	assert_int_equal(options.modes, 2);
	assert_int_equal(options.mode[0], MODE_STRESS);
	assert_int_equal(options.mode[1], MODE_SWEEP);
	assert_true(options.variants_in_basic);
	assert_proceeds("explain");
	assert_int_equal(options.modes, 1);
	assert_int_equal(options.mode[0], MODE_SWEEP);
	assert_false(options.variants_in_basic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(options_of_sweeps),
		cmocka_unit_test(cures_are_a_list),
		cmocka_unit_test(the_command_may_stand_anywhere),
		cmocka_unit_test(lists_grow_without_doubles),
		cmocka_unit_test(all_is_every_one),
		cmocka_unit_test(bad_is_every_bad_verdict),
		cmocka_unit_test(any_counts_what_is_not_the_allocators),
		cmocka_unit_test(options_of_cost),
		cmocka_unit_test(efforts_give_way_to_numbers),
		cmocka_unit_test(limits_are_within),
		cmocka_unit_test(help_and_version_end_the_reading),
		cmocka_unit_test(a_mistake_gets_one_clear_sentence),
		cmocka_unit_test(long_words_do_not_overflow_the_sentence),
		cmocka_unit_test(too_many_names_are_refused),
		cmocka_unit_test(version_is_one_line),
		cmocka_unit_test(colour_follows_option_terminal_and_environment),
		cmocka_unit_test(descriptors_are_complete),
		cmocka_unit_test(modes_follow_the_command),
		cmocka_unit_test(scenarios_in_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
