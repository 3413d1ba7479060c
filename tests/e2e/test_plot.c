/*
 * --plot DIR: with the real gnuplot, drawings that a parser reads and that name each allocator; and
 * without it, or with one that fails, a sentence and no half of a file.
 */
#include "e2e.h"

#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define NAME "it_is_my__alloc+x-1.0"

/* ---- Places and programs ---- */

static char home[E2E_PATH_MAX], plots[E2E_PATH_MAX + 16], *old_path;

static int make_home(void **state)
{
	(void)state;
	old_path = strdup(getenv("PATH") ?: "/usr/bin:/bin");
	e2e_temporary(home);
	snprintf(plots, sizeof(plots), "%s/plots", home);
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	e2e_env("PATH", old_path);
	free(old_path);
	e2e_remove(home);
	return 0;
}

static const char *file_in(const char *directory, const char *name)
{
	static char path[E2E_PATH_MAX * 2];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static bool is_there(const char *name)
{
	return access(file_in(plots, name), F_OK) == 0;
}

static bool has_gnuplot(void)
{
	return access("/usr/bin/gnuplot", X_OK) == 0;
}

/* Another program in gnuplot's place. */
static void put_gnuplot(const char *commands)
{
	char text[256], path[E2E_PATH_MAX * 2];
	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", commands);
	e2e_write(file_in(home, "gnuplot"), text);
	assert_int_equal(chmod(file_in(home, "gnuplot"), 0700), 0);
	snprintf(path, sizeof(path), "%s:%s", home, old_path);
	e2e_env("PATH", path);
}

/* ---- Reading ---- */

/* All text of an element and its descendants, with a blank after each piece. */
static void gather(const xmlNode *node, FILE *to)
{
	for (; node; node = node->next) {
		if (node->type == XML_TEXT_NODE)
			fprintf(to, "%s ", (const char *)node->content);
		gather(node->children, to);
	}
}

/* All text of a drawing. The caller frees it. */
static char *words_in(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	xmlDocPtr document = xmlReadFile(file_in(plots, name), NULL, XML_PARSE_NONET);
	if (!document || !to)
		e2e_fail("%s is no XML", name);
	assert_string_equal(xmlDocGetRootElement(document)->name, "svg");
	gather(xmlDocGetRootElement(document), to);
	xmlFreeDoc(document);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void assert_says(const char *name, const char *const *words)
{
	char *text = words_in(name);
	for (; *words; words++)
		if (!strstr(text, *words))
			e2e_fail("%s does not say '%s' but: %s", name, *words, text);
	free(text);
}

static void assert_sentence(const struct e2e_result *result, const char *says)
{
	if (!strstr(result->err, says))
		e2e_fail("expected '%s', got: %s", says, result->err);
}

/* ---- Drawings ---- */

static void each_allocator_is_in_each_drawing(void **state)
{
	(void)state;
	static const char *const files[] = {"fork-latency.svg", "stall-latency.svg",
		"request-latency.svg", "cost-by-heap.svg", "cost-by-threads.svg"};
	struct e2e_result result;
	if (!has_gnuplot())
		skip();
	e2e_run(&result, E2E_ARGS("cost", "--preload", FORKLAB_PRELOAD, "--name", NAME, "--threads",
				 "1,2", "--heap", "1M,2M", "--rounds", "1", "--budget", "600",
				 "--server", "prefork", "--plot", plots, "--format", "csv"));
	if (result.status != 0)
		e2e_fail("status %d: %s", result.status, result.err);
	assert_non_null(strstr(result.out, NAME));
	assert_sentence(&result, "forklab: plots: ");
	assert_sentence(&result, "/plots/cost-by-heap.svg, ");
	e2e_free(&result);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_says(files[i], E2E_ARGS("glibc", NAME, "time"));
	assert_says("fork-latency.svg", E2E_ARGS("2 background threads", "2 MiB", "50 %"));
	assert_says("stall-latency.svg", E2E_ARGS("around forks", "without forks"));
	assert_says("cost-by-heap.svg", E2E_ARGS("1 MiB ", "2 MiB ", "(2 background threads)"));
	assert_says("cost-by-threads.svg", E2E_ARGS("background threads ", "(2 MiB of live heap)"));
}

/* Whatever the user's own settings are. */
static void what_there_is_nothing_for_is_told(void **state)
{
	(void)state;
	struct e2e_result result;
	if (!has_gnuplot())
		skip();
	e2e_env("GNUTERM", "nothing");
	e2e_run(&result, E2E_ARGS("cost", "-a", "glibc", "--threads", "0", "--heap", "1M",
				 "--rounds", "1", "--budget", "600", "--plot", plots, "-o",
				 file_in(home, "result"), "--quiet"));
	e2e_env("GNUTERM", NULL);
	if (result.status != 0)
		e2e_fail("status %d: %s", result.status, result.err);
	assert_sentence(&result, "cost-by-heap.svg is not drawn: the grid has one heap only");
	assert_sentence(&result, "cost-by-threads.svg is not drawn: the grid has one number of");
	assert_sentence(&result, "stall-latency.svg is not drawn: there are no background threads");
	assert_null(strstr(result.err, "plots:"));
	e2e_free(&result);
	assert_true(is_there("fork-latency.svg"));
	assert_false(is_there("cost-by-heap.svg") || is_there("stall-latency.svg"));
}

static void a_choice_has_its_front(void **state)
{
	(void)state;
	struct e2e_result result;
	char costs[E2E_PATH_MAX * 2], machine[128];
	struct utsname system;
	if (!has_gnuplot())
		skip();
	assert_int_equal(uname(&system), 0);
	snprintf(machine, sizeof(machine), "Linux %.63s, ", system.release);
	snprintf(costs, sizeof(costs), "%s", file_in(home, "costs.json"));
	e2e_run(&result, E2E_ARGS("cost", "-a", "teach-none,teach-lockall", "--server", "pool",
				 "--threads", "2", "--heap", "1M", "--rounds", "2", "--budget",
				 "600", "--format", "json", "-o", costs));
	assert_int_equal(result.status, 0);
	e2e_free(&result);
	for (int from = 0; from < 2; from++) {
		e2e_run(&result,
			E2E_ARGS("choose", "--server", "pool", "--threads", "2", "--heap", "1M",
				"--rounds", "2", "--budget", "600", "--plot", plots,
				from ? "--from" : "-a", from ? costs : "teach-none,teach-lockall"));
		assert_non_null(strstr(result.out, "teach-lockall is the only one of these"));
		assert_sentence(&result, "/plots/pareto.svg\n");
		e2e_free(&result);
		assert_says("pareto.svg", E2E_ARGS("teach-lockall: 1.00", "on the front",
						  "teach-none is out: deadlock in",
						  from ? "Costs from " : "measured in this run"));
		/* Of the costs of this run only. */
		assert_int_equal(is_there("fork-latency.svg"), !from);
		assert_int_equal(is_there("request-latency.svg"), !from);
		if (!from)
			assert_says("fork-latency.svg", E2E_ARGS("teach-lockall", machine));
		e2e_remove(plots);
	}
}

/* ---- Without it ---- */

static void without_gnuplot_nothing_is_measured(void **state)
{
	(void)state;
	static const char *const commands[][4] = {
		{"cost", "-a", "glibc", NULL}, {"choose", "--server", "pool", NULL}};
	for (size_t i = 0; i < 2; i++) {
		struct e2e_result result;
		const char *args[8] = {0};
		for (size_t k = 0; k < 3; k++)
			args[k] = commands[i][k];
		args[3] = "--plot";
		args[4] = plots;
		e2e_env("PATH", home);
		e2e_run(&result, args);
		e2e_env("PATH", old_path);
		assert_int_equal(result.status, 2);
		assert_string_equal(result.out, "");
		assert_string_equal(result.err,
			"forklab: --plot needs the program gnuplot, which is not here: install the "
			"package gnuplot-nox\n");
		assert_int_equal(access(plots, F_OK), -1);
		e2e_free(&result);
	}
}

static void a_directory_that_is_none_is_told(void **state)
{
	(void)state;
	struct e2e_result result;
	put_gnuplot("exit 1");
	e2e_write(plots, "mine");
	e2e_run(&result, E2E_ARGS("cost", "-a", "glibc", "--plot", plots));
	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	assert_sentence(&result, "/plots: that is no directory; name one, or a new one\n");
	e2e_free(&result);
	char *text = e2e_read(plots);
	assert_string_equal(text, "mine");
	free(text);
	e2e_run(&result, E2E_ARGS("choose", "--server", "pool", "--plot", "/proc/plots"));
	assert_int_equal(result.status, 2);
	assert_sentence(&result, "--plot /proc/plots: the directory cannot be made: ");
	e2e_free(&result);
}

/* The figures are there all the same. */
static void a_gnuplot_that_fails_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *commands, *says;
	} bad[] = {
		{"cat; echo it hurts >&2; exit 5", "gnuplot failed with status 5: it hurts\n"},
		{"echo '<svg>'", "what gnuplot has written is no whole SVG\n"},
		{"kill -KILL $$", "gnuplot died of signal 9 (Killed)\n"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct e2e_result result;
		put_gnuplot(bad[i].commands);
		e2e_run(&result, E2E_ARGS("cost", "-a", "glibc", "--threads", "1", "--heap", "1M",
					 "--rounds", "1", "--budget", "600", "--plot", plots));
		assert_int_equal(result.status, 3);
		assert_non_null(strstr(result.out, "fork(): how long its caller waits"));
		assert_sentence(&result,
			"forklab: fork-latency.svg cannot be drawn, so no plot was "
			"written: ");
		assert_sentence(&result, bad[i].says);
		e2e_free(&result);
		assert_int_equal(rmdir(plots), 0);
	}
}

/* A gnuplot that hangs: Ctrl-C ends it and us, and leaves no process and no file. */
static void an_interrupt_ends_the_drawing(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	struct stat begun;
	put_gnuplot("echo here >\"${0%gnuplot}begun\"; sleep 10000");
	e2e_start(&process,
		E2E_ARGS("cost", "-a", "glibc", "--threads", "1", "--heap", "1M", "--rounds", "1",
			"--budget", "600", "--plot", plots, "-o", file_in(home, "result")));
	for (int i = 0; i < 12000 && stat(file_in(home, "begun"), &begun) != 0; i++)
		e2e_sleep_ms(10);
	assert_int_equal(stat(file_in(home, "begun"), &begun), 0);
	assert_int_equal(kill(process.pid, SIGINT), 0);
	e2e_finish(&process, &result, 50);
	assert_int_equal(result.status, 128 + SIGINT);
	assert_sentence(&result, "no plot was written: interrupted while gnuplot was running\n");
	e2e_free(&result);
	/* The result was written before. */
	char *text = e2e_read(file_in(home, "result"));
	assert_non_null(strstr(text, "fork(): how long its caller waits"));
	free(text);
	assert_int_equal(rmdir(plots), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_home, remove_home)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(each_allocator_is_in_each_drawing),
		TEST(what_there_is_nothing_for_is_told),
		TEST(a_choice_has_its_front),
		TEST(without_gnuplot_nothing_is_measured),
		TEST(a_directory_that_is_none_is_told),
		TEST(a_gnuplot_that_fails_is_told),
		TEST(an_interrupt_ends_the_drawing),
	};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
