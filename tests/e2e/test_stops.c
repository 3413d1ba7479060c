/*
 * Stopped processes (SIGSTOP) at any level: forklab goes on, can be ended, and leaves nothing
 * behind, whatever is stopped and killed. That needs one of its own two processes: here one is
 * left.
 */
#include "e2e.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Seconds: from the last signal to the end, and from the end until no process is left. */
static const double LIMIT = 20, GONE = 5;

struct run {
	const char *command, *allocator, *scenario, *fault;
};

static const struct run runs[] = {
	{"sweep", "glibc", "basic", ""},
	{"stress", "teach-lockall", "basic", ""},
	{"sweep", "fault", "basic", "stop-runner"},
	{"sweep", "glibc", "signal", ""},
	{"stress", "fault", "basic", "stop-runner-often"},
	{"stress", "fault", "basic", "fork-many"},
};
enum { RUNS = sizeof(runs) / sizeof(runs[0]), ROUNDS = 2, SIGNALS = 10 };

static void start(struct e2e_process *process, const struct run *run)
{
	bool faulty = strcmp(run->allocator, "fault") == 0;
	e2e_env("FORKLAB_FAULT", run->fault);
	e2e_start(process,
		E2E_ARGS(run->command, "--runners",
			e2e_directory(faulty ? "FORKLAB_FAULTS" : "FORKLAB_RUNNERS"), "-a",
			run->allocator, "-s", run->scenario, "-m", "fork", "--budget", "300",
			"--deadline", "2", "--format", "json",
			strcmp(run->command, "stress") == 0 ? "--trials" : NULL, "100000"));
}

/* ---- Random signals ---- */

static uint64_t random_state;

/* Knuth's MMIX generator. */
static unsigned below(unsigned end)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(random_state >> 33) % end;
}

/* A thread of that process: a signal to the stepped one takes another way in the kernel. */
static pid_t random_thread(pid_t pid)
{
	enum { THREADS_MAX = 64 };
	pid_t tid[THREADS_MAX];
	unsigned count = 0;
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *directory = opendir(path);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		pid_t each = (pid_t)strtol(entry->d_name, NULL, 10);
		if (each > 0 && count < THREADS_MAX)
			tid[count++] = each;
	}
	if (directory)
		closedir(directory);
	return count ? tid[below(count)] : pid;
}

/*
 * One signal to a random process of the run. SIGKILL spares the outer process, which the test kills
 * in the end, if the inner one was killed. False: there is no process.
 */
static bool send_one(const struct e2e_process *process, bool *inner_killed)
{
	enum { MAX = 64, KILL_ONE_IN = 4 };
	struct e2e_found all[MAX];
	size_t count = e2e_processes(process->mark, all, MAX);
	if (count == 0)
		return false;
	const struct e2e_found *one = &all[below((unsigned)(count < MAX ? count : MAX))];
	bool outer = one->pid == process->pid;
	bool inner = one->parent == process->pid && !one->runner;
	int number = !outer && below(KILL_ONE_IN) == 0 ? SIGKILL : SIGSTOP;
	if (syscall(SYS_tgkill, one->pid, random_thread(one->pid), number) == 0)
		*inner_killed |= inner && number == SIGKILL;
	return true;
}

/* Its end: SIGKILL, or what a user does who finds it stopped. */
static void end(const struct e2e_process *process, bool inner_killed)
{
	static const int numbers[] = {SIGKILL, SIGTERM, SIGINT};
	int number = numbers[inner_killed ? 1 : below(3)];
	if (number != SIGKILL)
		(void)kill(process->pid, SIGCONT);
	(void)kill(process->pid, number);
}

static void nothing_stays_after_random_signals(void **state)
{
	const struct run *run = *state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct e2e_process process;
		struct e2e_result result;
		struct e2e_found runner;
		bool inner_killed = false;
		random_state = (uint64_t)(run - runs) * ROUNDS + round + 1;
		start(&process, run);
		if (round > 0)
			assert_true(e2e_find_runner(&process, &runner));
		for (int i = 0; i < SIGNALS && send_one(&process, &inner_killed); i++)
			e2e_sleep_ms(below(120));
		end(&process, inner_killed);
		e2e_finish_within(&process, &result, LIMIT, GONE);
		assert_int_not_equal(result.status, 2);
		e2e_free(&result);
	}
}

/* ---- One stop ---- */

static char state_of(const struct e2e_process *process, pid_t pid)
{
	enum { MAX = 64 };
	struct e2e_found all[MAX];
	size_t count = e2e_processes(process->mark, all, MAX);
	for (size_t i = 0; i < count && i < MAX; i++)
		if (all[i].pid == pid)
			return all[i].state;
	return 0;
}

/* Nobody else continues it. */
static void a_stopped_inner_process_goes_on(void **state)
{
	(void)state;
	struct e2e_process process;
	struct e2e_result result;
	struct e2e_found inner, runner;
	start(&process, &runs[1]);
	assert_true(e2e_find_runner(&process, &runner));
	assert_true(e2e_find_inner(&process, &inner));
	assert_int_equal(kill(inner.pid, SIGSTOP), 0);
	double until = e2e_now() + 10;
	e2e_sleep_ms(20);
	while (state_of(&process, inner.pid) == 'T' && e2e_now() < until)
		e2e_sleep_ms(10);
	assert_int_not_equal(state_of(&process, inner.pid), 'T');
	assert_int_equal(kill(process.pid, SIGTERM), 0);
	e2e_finish_within(&process, &result, LIMIT, GONE);
	assert_int_equal(result.status, 128 + SIGTERM);
	json_t *report = e2e_json(&result);
	assert_true(e2e_bool(report, "partial"));
	json_decref(report);
	e2e_free(&result);
}

/*
 * As Ctrl-Z does: both stay stopped until both are continued, and the time does not count. (SIGTSTP
 * itself is ignored where the test is not a shell's job.)
 */
static void both_stopped_stay_so(void **state)
{
	(void)state;
	enum { STOPPED_MS = 3000 }; /* more than the deadline */
	struct e2e_process process;
	struct e2e_found inner, runner;
	struct e2e_result result;
	e2e_env("FORKLAB_FAULT", "");
	e2e_start(&process, E2E_ARGS("sweep", "-a", "glibc", "-s", "basic", "-m", "fork",
				    "--deadline", "1", "--format", "json"));
	assert_true(e2e_find_runner(&process, &runner));
	assert_true(e2e_find_inner(&process, &inner));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kill(process.pid, SIGSTOP), 0);
		assert_int_equal(kill(inner.pid, SIGSTOP), 0);
		e2e_sleep_ms(STOPPED_MS);
		assert_int_equal(state_of(&process, inner.pid), 'T');
		assert_int_equal(state_of(&process, process.pid), 'T');
		assert_int_equal(kill(process.pid, SIGCONT), 0);
		assert_int_equal(kill(inner.pid, SIGCONT), 0);
		e2e_sleep_ms(500);
	}
	e2e_finish_within(&process, &result, 300, GONE);
	json_t *report = e2e_json(&result);
	assert_int_equal(result.status, 0);
	assert_string_equal(e2e_text(e2e_only_cell(report), "verdict"), "ok");
	assert_true(e2e_bool(e2e_only_cell(report), "complete"));
	json_decref(report);
	e2e_free(&result);
}

/* The stop reaches the stepped thread, the forking one, or both. */
static void a_sweep_with_a_stopped_runner_can_be_ended(void **state)
{
	(void)state;
	static const int numbers[] = {SIGINT, SIGTERM, SIGKILL};
	for (size_t i = 0; i < 3; i++) {
		struct e2e_process process;
		struct e2e_result result;
		struct e2e_found runner;
		start(&process, &runs[0]);
		assert_true(e2e_find_runner(&process, &runner));
		for (int stop = 0; stop < 20; stop++) {
			(void)kill(runner.pid, SIGSTOP);
			e2e_sleep_ms(10);
		}
		assert_int_equal(kill(process.pid, numbers[i]), 0);
		e2e_finish_within(&process, &result, LIMIT, GONE);
		assert_int_equal(
			result.status, numbers[i] == SIGKILL ? -SIGKILL : 128 + numbers[i]);
		e2e_free(&result);
	}
}

enum { OTHERS = 3 };

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[OTHERS + RUNS] = {
		cmocka_unit_test(a_stopped_inner_process_goes_on),
		cmocka_unit_test(both_stopped_stay_so),
		cmocka_unit_test(a_sweep_with_a_stopped_runner_can_be_ended),
	};
	for (size_t i = 0; i < RUNS; i++)
		tests[OTHERS + i] = (struct CMUnitTest){
			.name = "random signals",
			.test_func = nothing_stays_after_random_signals,
			.initial_state = (void *)&runs[i],
		};
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
