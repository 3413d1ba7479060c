/*
 * However forklab ends, and whatever the processes under test do to stay, none is alive one second
 * later. Each run has a mark in its environment, which all its processes inherit and /proc shows.
 */
#include "e2e.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What runs when forklab ends: an allocator, or `fault` with a fault. */
struct victim {
	const char *allocator, *fault;
	bool flees; /* its processes do not die with their runner: somebody must be left to kill
		       them */
};

static const struct victim victims[] = {
	{"teach-none", "", false},
	{"teach-spin", "", false}, /* under forklab's own ptrace now and then */
	{"teach-lockall", "", false},
	{"fault", "ignore-signals", false},
	{"fault", "close-fds", false},
	{"fault", "stop-myself", false},
	{"fault", "prepare-hang", false},
	{"fault", "setsid", true},
	{"fault", "fork-again", true},
	{"fault", "fork-again-hang", true},
	{"fault", "fork-many", true},
	{"fault", "run-away", true},
};

enum whom { OUTER = 1, INNER = 2, BOTH = 3 };

struct end {
	const char *name;
	int signal;
	enum whom whom;
	int status;
};

static const struct end ends[] = {
	{"kill -9 of the outer process", SIGKILL, OUTER, -SIGKILL},
	{"kill -9 of the inner process", SIGKILL, INNER, 128 + SIGKILL},
	{"kill -9 of both", SIGKILL, BOTH, -SIGKILL},
	{"Ctrl-C", SIGINT, BOTH, 128 + SIGINT},
	{"SIGINT", SIGINT, OUTER, 128 + SIGINT},
	{"SIGTERM", SIGTERM, OUTER, 128 + SIGTERM},
	{"SIGHUP", SIGHUP, OUTER, 128 + SIGHUP},
};
enum { ENDS = sizeof(ends) / sizeof(ends[0]), VICTIMS = sizeof(victims) / sizeof(victims[0]) };

static const char untouched[] = "what was there before\n";
static const double LIMIT = 5, GONE = 1;

static void start(struct e2e_process *process, const struct victim *victim, const char *output)
{
	bool faulty = strcmp(victim->allocator, "fault") == 0;
	e2e_env("FORKLAB_FAULT", victim->fault);
	e2e_start(process, E2E_ARGS("stress", "--runners",
				   e2e_directory(faulty ? "FORKLAB_FAULTS" : "FORKLAB_RUNNERS"),
				   "-a", victim->allocator, "-s", "basic", "-m", "fork", "--trials",
				   "1000000", "--budget", "300", "--format", "json", "-o", output));
}

static void bring_to_its_end(const struct e2e_process *process, const struct end *end)
{
	struct e2e_found inner;
	assert_true(e2e_find_inner(process, &inner));
	if (end->whom & OUTER)
		assert_int_equal(kill(process->pid, end->signal), 0);
	/* The outer one's end may have been the inner one's already. */
	if ((end->whom & INNER) && kill(inner.pid, end->signal) != 0)
		assert_true(errno == ESRCH && (end->whom & OUTER));
}

/* An interrupted run reports what it has measured; a killed one does not touch the file. */
static void check_output(const char *path, int signal)
{
	char *text = e2e_read(path);
	if (signal == SIGKILL) {
		assert_string_equal(text, untouched);
	} else {
		json_t *report = json_loads(text, 0, NULL);
		assert_non_null(report);
		assert_true(e2e_bool(report, "partial"));
		json_decref(report);
	}
	free(text);
}

static void check_directory(const char *directory)
{
	DIR *entries = opendir(directory);
	assert_non_null(entries);
	for (struct dirent *entry; (entry = readdir(entries));)
		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			assert_string_equal(entry->d_name, "result");
	closedir(entries);
}

static void one_end(const struct victim *victim, const struct end *end, long delay_ms)
{
	char directory[E2E_PATH_MAX], output[E2E_PATH_MAX + 16];
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found runner;
	e2e_temporary(directory);
	snprintf(output, sizeof(output), "%s/result", directory);
	e2e_write(output, untouched);
	start(&process, victim, output);
	assert_true(e2e_find_runner(&process, &runner));
	e2e_sleep_ms(delay_ms);
	bring_to_its_end(&process, end);
	e2e_finish_within(&process, &result, LIMIT, GONE);
	assert_int_equal(result.status, end->status);
	assert_string_equal(result.out, "");
	check_output(output, end->signal);
	check_directory(directory);
	e2e_free(&result);
	e2e_remove(directory);
}

static void nothing_stays(void **state)
{
	const struct end *end = *state;
	for (size_t i = 0; i < VICTIMS; i++) {
		const struct victim *victim = &victims[i];
		/*
		 * When all of forklab is killed, nothing can look for them: docs/architecture.md.
		 */
		if (victim->flees && end->signal == SIGKILL && end->whom == BOTH)
			continue;
		print_message("%s %s\n", victim->allocator, victim->fault);
		one_end(victim, end, (long)(i % 3) * 100);
	}
}

/* The looking itself: a run under way is seen, all three kinds of its processes. */
static void a_running_one_is_seen(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found found, all[8];
	start(&process, &(struct victim){"fault", "nap", false}, "/dev/null");
	assert_true(e2e_find_inner(&process, &found));
	assert_true(e2e_find_runner(&process, &found));
	assert_true(e2e_find_child(&process, 0, &found));
	assert_true(e2e_processes(process.mark, all, 8) >= 3);
	assert_true(e2e_all_gone(process.mark, 0.2) < 0);
	assert_int_equal(kill(process.pid, SIGTERM), 0);
	e2e_finish(&process, &result, LIMIT);
	e2e_free(&result);
}

/* After a normal end nothing else is promised. */
static void nothing_stays_after_a_whole_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < VICTIMS; i++) {
		struct e2e_process process;
		struct e2e_result result;
		if (strcmp(victims[i].fault, "") == 0 ||
			strcmp(victims[i].fault, "stop-myself") == 0)
			continue;
		e2e_env("FORKLAB_FAULT", victims[i].fault);
		e2e_start(&process,
			E2E_ARGS("stress", "--runners", e2e_directory("FORKLAB_FAULTS"), "-a",
				"fault", "-s", "pool", "-m", "fork", "--trials", "2"));
		e2e_finish_within(&process, &result, 200, GONE);
		assert_int_equal(result.status, 0);
		e2e_free(&result);
	}
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ENDS + 2] = {
		cmocka_unit_test(a_running_one_is_seen),
		cmocka_unit_test(nothing_stays_after_a_whole_run),
	};
	for (size_t i = 0; i < ENDS; i++)
		tests[2 + i] = (struct CMUnitTest){
			.name = ends[i].name,
			.test_func = nothing_stays,
			.initial_state = (void *)&ends[i],
		};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
