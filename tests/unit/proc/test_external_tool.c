/* External programs that are missing, succeed, fail or hang. They are scripts written by the test.
 */
#include "external_tool.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ERROR_MAX = 512, PATIENCE_MS = 60 * 1000, MOST = 1 << 20 };

static char directory[] = "/tmp/forklab-test-tool-XXXXXX", script[sizeof(directory) + 8];

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(script, sizeof(script), "%s/draw", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	(void)unlink(script);
	return rmdir(directory);
}

static void write_script(const char *text, mode_t mode)
{
	FILE *file = fopen(script, "w");
	assert_non_null(file);
	(void)fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(script, mode), 0);
}

static struct external_tool_output output;
static char error[ERROR_MAX];

static int run(const char *text, const char *input, unsigned timeout_ms)
{
	const struct external_tool tool = {
		.argv = {script, "of", "forklab"},
		.env = "FORKLAB_TEST=its own",
		.timeout_ms = timeout_ms,
		.output_max = MOST,
	};
	write_script(text, 0700);
	error[0] = '\0';
	return external_tool_run(&tool, input, strlen(input), &output, error, sizeof(error));
}

static void assert_told(const char *words)
{
	assert_null(output.text);
	if (!strstr(error, words))
		fail_msg("no '%s' in '%s'", words, error);
	assert_null(strchr(error, '\n'));
}

static void what_it_reads_and_writes_is_whole(void **state)
{
	enum { SIZE = 300 * 1000 };
	char *text = malloc(SIZE + 1);
	(void)state;
	assert_non_null(text);
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	assert_int_equal(run("cat; echo much >&2", text, PATIENCE_MS), 0);
	assert_int_equal(output.size, SIZE);
	assert_string_equal(output.text, text);
	external_tool_output_free(&output);
	free(text);
	assert_int_equal(run("echo \"$1 $2 $FORKLAB_TEST\"", "", PATIENCE_MS), 0);
	assert_string_equal(output.text, "of forklab its own\n");
	external_tool_output_free(&output);
	assert_null(output.text);
}

static void one_that_fails_is_told_with_its_last_words(void **state)
{
	(void)state;
	assert_int_equal(run("echo half; echo first >&2; printf '  it hurts\\n\\n' >&2; exit 7", "",
				 PATIENCE_MS),
		-EPROTO);
	assert_told("failed with status 7: it hurts");
	assert_int_equal(run("printf '\\033[1mbell\\007' >&2; exit 1", "", PATIENCE_MS), -EPROTO);
	assert_told("?[1mbell?");
	assert_int_equal(run("exit 3", "", PATIENCE_MS), -EPROTO);
	assert_told("failed with status 3");
	assert_int_equal(run("kill -SEGV $$", "", PATIENCE_MS), -EPROTO);
	assert_told("died of signal 11");
}

/*
 * Neither the program nor its child ends by itself. The orphaned child becomes this process's, and
 * must be dead: otherwise waiting for it would not return.
 */
static void one_that_hangs_is_killed_with_all_its_own(void **state)
{
	int status;
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(run("sleep 10000 & cat; sleep 10000", "half", 2000), -ETIMEDOUT);
	assert_told("did not finish within 2 s");
	while (waitpid(-1, &status, 0) > 0)
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(run("sleep 10000 & exit 0", "", PATIENCE_MS), 0);
	external_tool_output_free(&output);
	while (waitpid(-1, &status, 0) > 0)
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void one_that_writes_without_end_is_stopped(void **state)
{
	(void)state;
	assert_int_equal(run("exec cat /dev/zero", "", PATIENCE_MS), -EPROTO);
	assert_null(output.text);
	assert_true(*error);
}

/*
 * forklab blocks some, to read them from a descriptor. The shell becomes the program that looks: a
 * shell that forks blocks signals itself for a moment.
 */
static void its_signals_are_not_blocked(void **state)
{
	sigset_t interrupt;
	(void)state;
	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	assert_int_equal(sigprocmask(SIG_BLOCK, &interrupt, NULL), 0);
	assert_int_equal(run("exec grep SigBlk /proc/self/status", "", PATIENCE_MS), 0);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &interrupt, NULL), 0);
	assert_string_equal(output.text, "SigBlk:\t0000000000000000\n");
	external_tool_output_free(&output);
}

static void what_is_not_there_is_not_run(void **state)
{
	const struct external_tool tool = {
		.argv = {"draw"}, .timeout_ms = PATIENCE_MS, .output_max = MOST};
	char *path = strdup(getenv("PATH") ?: "/usr/bin:/bin");
	(void)state;
	write_script("echo here", 0600);
	assert_int_equal(setenv("PATH", directory, 1), 0);
	assert_false(external_tool_exists("draw"));
	assert_int_equal(external_tool_run(&tool, "", 0, &output, error, sizeof(error)), -ENOENT);
	assert_told("draw cannot be run: No such file");
	write_script("echo here", 0700);
	assert_true(external_tool_exists("draw"));
	assert_int_equal(external_tool_run(&tool, "", 0, &output, error, sizeof(error)), 0);
	assert_string_equal(output.text, "here\n");
	external_tool_output_free(&output);
	assert_int_equal(setenv("PATH", "/nowhere:/dev/null", 1), 0);
	assert_false(external_tool_exists("draw"));
	assert_true(external_tool_exists(script));
	assert_false(external_tool_exists(directory));
	assert_int_equal(unsetenv("PATH"), 0);
	assert_false(external_tool_exists("draw"));
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_reads_and_writes_is_whole),
		cmocka_unit_test(one_that_fails_is_told_with_its_last_words),
		cmocka_unit_test(one_that_hangs_is_killed_with_all_its_own),
		cmocka_unit_test(one_that_writes_without_end_is_stopped),
		cmocka_unit_test(its_signals_are_not_blocked),
		cmocka_unit_test(what_is_not_there_is_not_run),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
