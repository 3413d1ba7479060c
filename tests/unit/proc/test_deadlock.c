/* When is a process blocked forever? One that is, and every way in which one is not. */
#include "deadlock.h"

#include <linux/futex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
/* cmocka needs the four above. */
#include <cmocka.h>

/* A thread in futex(address, op, 2, timeout). */
static struct proc_task in_futex(uint64_t op, uint64_t timeout)
{
	return (struct proc_task){
		.tid = 100,
		.state = 'S',
		.in_syscall = true,
		.syscall = SYS_futex,
		.args = {0x1000, op, 2, timeout, 0, UINT32_MAX},
		.asleep = true,
	};
}

static struct proc_scan blocked_process(void)
{
	struct proc_scan scan = {
		.pid = 100, .tasks = 1, .complete = true, .no_children = true, .no_timers = true};
	scan.task[0] = in_futex(FUTEX_WAIT_PRIVATE, 0);
	return scan;
}

static void kinds_of_waiting(void **state)
{
	(void)state;
	static const struct {
		uint64_t op, timeout;
		enum wait_kind kind;
	} cases[] = {
		{FUTEX_WAIT, 0, WAIT_FUTEX},
		{FUTEX_WAIT_PRIVATE, 0, WAIT_FUTEX},
		{FUTEX_WAIT_PRIVATE, 0x7000, WAIT_FUTEX_TIMED},
		{FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0, WAIT_FUTEX},
		{FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 0x7000, WAIT_FUTEX_TIMED},
		{FUTEX_LOCK_PI_PRIVATE, 0, WAIT_FUTEX},
		{FUTEX_LOCK_PI_PRIVATE, 0x7000, WAIT_FUTEX_TIMED},
		{FUTEX_WAKE_PRIVATE, 0, WAIT_OTHER_SYSCALL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proc_task task = in_futex(cases[i].op, cases[i].timeout);
		struct task_wait wait = task_wait(&task);
		assert_int_equal(wait.kind, cases[i].kind);
		assert_int_equal(wait.futex, 0x1000);
		assert_int_equal(wait.private_futex, (cases[i].op & FUTEX_PRIVATE_FLAG) != 0);
	}
}

static void stopped_says_nothing(void **state)
{
	(void)state;
	struct proc_task task = in_futex(FUTEX_WAIT_PRIVATE, 0);
	task.state = 'T';
	assert_int_equal(task_wait(&task).kind, WAIT_STOPPED);
	task.state = 't';
	assert_int_equal(task_wait(&task).kind, WAIT_STOPPED);
	task.state = 'D';
	assert_int_equal(task_wait(&task).kind, WAIT_KERNEL);
	task.state = 'S';
	task.in_syscall = false;
	assert_int_equal(task_wait(&task).kind, WAIT_KERNEL);
	task.state = 'R';
	assert_int_equal(task_wait(&task).kind, WAIT_NONE);
}

static void one_thread_blocked(void **state)
{
	(void)state;
	struct proc_scan scan = blocked_process();
	struct deadlock_thread thread = {0};
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_PROVEN);
}

static void each_way_out(void **state)
{
	(void)state;
	struct deadlock_thread thread = {0};
	struct proc_scan scan = blocked_process();
	scan.task[0].args[3] = 0x7000;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_NOT_WAITING);
	scan = blocked_process();
	scan.task[0].asleep = false;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_RAN);
	scan = blocked_process();
	scan.task[0].state = 'T';
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_NOT_WAITING);
	scan = blocked_process();
	scan.complete = false;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_TOO_MANY_THREADS);
	scan = blocked_process();
	scan.no_children = false;
	scan.task[0].caught = 1 << (SIGCHLD - 1);
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_CHILD_SIGNAL);
	scan.task[0].caught = UINT64_C(1) << (33 - 1);
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_PROVEN);
	scan = blocked_process();
	scan.no_timers = false;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_TIMER);
}

static void signals(void **state)
{
	(void)state;
	struct deadlock_thread thread = {0};
	struct proc_scan scan = blocked_process();
	scan.task[0].caught = scan.task[0].pending = 1 << 13;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_SIGNAL_PENDING);
	/* A blocked one does not come through, one without a handler does not bring it on. */
	scan.task[0].blocked = 1 << 13;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_PROVEN);
	scan.task[0].blocked = scan.task[0].caught = 0;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_PROVEN);
}

static void memory_of_others(void **state)
{
	(void)state;
	struct deadlock_thread thread = {.memory_shared = true};
	struct proc_scan scan = blocked_process();
	assert_int_equal(deadlock_check(&scan, &thread),
		DEADLOCK_PROVEN); /* the futex itself is process-private */
	scan.task[0].args[1] = FUTEX_WAIT;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_SHARED_FUTEX);
	thread.memory_shared = false;
	assert_int_equal(deadlock_check(&scan, &thread), DEADLOCK_PROVEN);
}

static void another_thread_runs(void **state)
{
	(void)state;
	struct deadlock_thread threads[2] = {{0}};
	struct proc_scan scan = blocked_process();
	scan.tasks = 2;
	scan.task[1] = (struct proc_task){.tid = 101, .state = 'R'};
	assert_int_equal(deadlock_check(&scan, threads), DEADLOCK_NOT_WAITING);
	threads[1].paused = true;
	assert_int_equal(deadlock_check(&scan, threads), DEADLOCK_PROVEN);
	scan.task[1] = in_futex(FUTEX_WAIT_PRIVATE, 0);
	threads[1].paused = false;
	assert_int_equal(deadlock_check(&scan, threads), DEADLOCK_PROVEN);
	threads[0].paused = threads[1].paused = true;
	assert_int_equal(deadlock_check(&scan, threads),
		DEADLOCK_NOTHING_BLOCKED); /* no thread is blocked */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_waiting),
		cmocka_unit_test(stopped_says_nothing),
		cmocka_unit_test(one_thread_blocked),
		cmocka_unit_test(each_way_out),
		cmocka_unit_test(signals),
		cmocka_unit_test(memory_of_others),
		cmocka_unit_test(another_thread_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
