/* When the forking thread has answered, waits, or is gone. */
#include "ptrace/step_tracee.h"

#include "forker.h"
#include "monotonic.h"

#include <sys/ptrace.h>

static void wait_forever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
}

/* Checking whether the runner has ended must not consume the stop that the stepper waits for. */
static void a_stop_is_left_to_the_stepper(void **state)
{
	(void)state;
	int status = 0;
	siginfo_t info;
	pid_t stepped = tracee_start(wait_forever, NULL);
	tracee_signals->go = 1;
	pid_t runner = tracee_start(wait_forever, NULL);
	struct runner_process runner_process = {.pid = runner};
	struct forker forker = {.runner = &runner_process, .stepped = stepped};
	if (ptrace(PTRACE_SEIZE, stepped, NULL, NULL) != 0) {
		tracee_end(stepped);
		tracee_end(runner);
		skip();
	}
	assert_int_equal(ptrace(PTRACE_INTERRUPT, stepped, NULL, NULL), 0);
	assert_int_equal(waitid(P_PID, (id_t)stepped, &info, WSTOPPED | WNOWAIT | __WALL), 0);
	assert_false(forker_runner_ended(&forker, &status));
	assert_int_equal(waitpid(stepped, &status, __WALL | WNOHANG), stepped);
	assert_true(WIFSTOPPED(status));
	tracee_end(stepped);
	kill(runner, SIGKILL);
	while (!forker_runner_ended(&forker, &status))
		sched_yield();
	assert_true(WIFSIGNALED(status));
}

static const struct look {
	struct proc_task task;
	bool starved;
} looks[] = {
	{{.state = 'R', .cpu_ns = 5 * NS_PER_MS}, true},
	{{.state = 'R', .cpu_ns = 5 * NS_PER_MS + FORKER_SPIN_NS - 1}, true},
	{{.state = 'R', .cpu_ns = 5 * NS_PER_MS + FORKER_SPIN_NS}, false},
	{{.state = 'S', .cpu_ns = 5 * NS_PER_MS}, false},
	{{.state = 'D', .cpu_ns = 5 * NS_PER_MS}, false},
	{{.state = 'T', .cpu_ns = 5 * NS_PER_MS}, false},
	{{.state = '\0'}, false},
};

/* A thread that can run and gets no processor has not failed to answer. */
static void a_starved_thread_runs_and_uses_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++)
		assert_int_equal(
			forker_is_starved(&looks[i].task, 5 * NS_PER_MS), looks[i].starved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_is_left_to_the_stepper),
		cmocka_unit_test(a_starved_thread_runs_and_uses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
