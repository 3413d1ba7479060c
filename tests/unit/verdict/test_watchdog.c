/*
 * A parent that is blocked forever is proven stuck, unless its trial moved on while it was
 * examined: then what was seen may belong to the next state. Built with --wrap=proc_scan.
 */
#include "watchdog.h"

#include "monotonic.h"
#include "shm_map.h"

#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka needs three of the above. */
#include <cmocka.h>

enum { TICKS = 1000 };

static struct runner_process runner;
static struct trial *trial;
static bool moves_on; /* while the process is examined */

int __real_proc_scan(pid_t pid, struct proc_scan *scan);
int __wrap_proc_scan(pid_t pid, struct proc_scan *scan);
int __wrap_proc_scan(pid_t pid, struct proc_scan *scan)
{
	int error = __real_proc_scan(pid, scan);
	if (moves_on)
		atomic_store(&trial->state, TRIAL_DONE);
	return error;
}

static int begin(void **state)
{
	static uint32_t word;
	(void)state;
	moves_on = false;
	runner.shm = shm_map_create(&runner.shm_fd);
	assert_non_null(runner.shm);
	trial = &runner.shm->trial[0];
	atomic_store(&trial->state, TRIAL_PARENT);
	runner.pid = fork();
	while (runner.pid == 0)
		syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	atomic_store(&runner.shm->main_tid, runner.pid);
	return runner.pid > 0 ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	(void)kill(runner.pid, SIGKILL);
	(void)waitpid(runner.pid, NULL, 0);
	shm_map_destroy(runner.shm, runner.shm_fd);
	return 0;
}

/* Whether the parent is found stuck before its trial moves on. */
static bool is_found_stuck(struct finding *finding)
{
	struct watchdog watchdog;
	pid_t child;
	watchdog_begin(&watchdog, &runner, 60);
	for (int i = 0; i < TICKS && atomic_load(&trial->state) != TRIAL_DONE; i++) {
		if (watchdog_tick(&watchdog, trial, finding, &child))
			return true;
		sleep_ns(NS_PER_MS);
	}
	return false;
}

static void a_blocked_parent_is_proven_stuck(void **state)
{
	struct finding finding;
	(void)state;
	assert_true(is_found_stuck(&finding));
	assert_int_equal(finding.verdict, VERDICT_PARENT_DEADLOCK);
	assert_int_equal(finding.certainty, CERTAINTY_PROVEN);
	assert_true(finding.in_parent);
}

static void not_when_its_trial_has_moved_on(void **state)
{
	struct finding finding;
	(void)state;
	moves_on = true;
	assert_false(is_found_stuck(&finding));
	assert_int_equal(atomic_load(&trial->state), TRIAL_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_blocked_parent_is_proven_stuck, begin, end),
		cmocka_unit_test_setup_teardown(not_when_its_trial_has_moved_on, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
