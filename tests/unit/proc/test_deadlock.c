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

/* A process that nothing outside can wake. */
static const struct deadlock_process alone = {0};

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
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_PROVEN);
}

static void each_way_out(void **state)
{
	(void)state;
	struct deadlock_thread thread = {0};
	struct proc_scan scan = blocked_process();
	scan.task[0].args[3] = 0x7000;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_NOT_WAITING);
	scan = blocked_process();
	scan.task[0].asleep = false;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_RAN);
	scan = blocked_process();
	scan.task[0].state = 'T';
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_NOT_WAITING);
	scan = blocked_process();
	scan.complete = false;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_TOO_MANY_THREADS);
	scan = blocked_process();
	scan.no_children = false;
	scan.task[0].caught = 1 << (SIGCHLD - 1);
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_CHILD_SIGNAL);
	scan.task[0].caught = UINT64_C(1) << (33 - 1);
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_PROVEN);
	scan = blocked_process();
	scan.no_timers = false;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_TIMER);
}

static void signals(void **state)
{
	(void)state;
	struct deadlock_thread thread = {0};
	struct proc_scan scan = blocked_process();
	scan.task[0].caught = scan.task[0].pending = 1 << 13;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_SIGNAL_PENDING);
	/* A blocked one does not come through, one without a handler does not bring it on. */
	scan.task[0].blocked = 1 << 13;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_PROVEN);
	scan.task[0].blocked = scan.task[0].caught = 0;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_PROVEN);
}

static void memory_of_others(void **state)
{
	(void)state;
	struct deadlock_thread thread = {.memory_shared = true};
	struct proc_scan scan = blocked_process();
	assert_int_equal(deadlock_check(&scan, &alone, &thread),
		DEADLOCK_PROVEN); /* the futex itself is process-private */
	scan.task[0].args[1] = FUTEX_WAIT;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_SHARED_FUTEX);
	thread.memory_shared = false;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_PROVEN);
}

/* A thread in another system call. */
static struct proc_task in_call(long number, uint64_t first, uint64_t second, uint64_t third)
{
	struct proc_task task = in_futex(FUTEX_WAIT_PRIVATE, 0);
	task.syscall = number;
	task.args[0] = first;
	task.args[1] = second;
	task.args[2] = third;
	task.args[3] = 0;
	return task;
}

static void kinds_of_calls(void **state)
{
	(void)state;
	static const struct {
		long number;
		uint64_t arguments[3];
		enum wait_kind kind;
		int fd;
	} cases[] = {
		{SYS_read, {7, 0, 0}, WAIT_DESCRIPTOR, 7},
		{SYS_poll, {0x1000, 2, (uint32_t)-1}, WAIT_DESCRIPTOR, -1},
		{SYS_poll, {0x1000, 2, 20}, WAIT_OTHER_SYSCALL, -1},
		{SYS_poll, {0, 0, 20}, WAIT_SLEEP, -1},
		{SYS_epoll_wait, {5, 0x1000, 8}, WAIT_OTHER_SYSCALL, 5},
		{SYS_wait4, {0, 0, 0}, WAIT_CHILD, -1},
		{SYS_pause, {0, 0, 0}, WAIT_SIGNAL, -1},
		{SYS_rt_sigtimedwait, {0x1000, 0, 0}, WAIT_SIGNAL, -1},
		{SYS_rt_sigtimedwait, {0x1000, 0, 0x2000}, WAIT_OTHER_SYSCALL, -1},
		{SYS_sched_yield, {0, 0, 0}, WAIT_YIELD, -1},
		{SYS_flock, {3, 2, 0}, WAIT_OTHER_SYSCALL, 3},
		{100000, {0, 0, 0}, WAIT_OTHER_SYSCALL, -1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t *a = cases[i].arguments;
		struct proc_task task = in_call(cases[i].number, a[0], a[1], a[2]);
		struct task_wait wait = task_wait(&task);
		assert_int_equal(wait.kind, cases[i].kind);
		assert_int_equal(wait.fd, cases[i].fd);
	}
}

static void other_waits(void **state)
{
	(void)state;
	struct deadlock_thread thread = {0};
	struct deadlock_process process = {0};
	struct proc_scan scan = blocked_process();
	scan.task[0] = in_call(SYS_read, 7, 0, 0);
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_PROVEN);
	thread.source = DEADLOCK_DESCRIPTOR_HELD;
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_DESCRIPTOR_HELD);
	thread.source = DEADLOCK_PROVEN;
	scan.task[0] = in_call(SYS_wait4, 0, 0, 0);
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_CHILD_RUNS);
	process.children_stuck = true;
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_PROVEN);
	scan.no_children = false;
	scan.task[0].caught = 1 << (SIGCHLD - 1);
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_PROVEN);
	scan.task[0] = in_call(SYS_pause, 0, 0, 0);
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_PROVEN);
	scan.task[0].caught = 1 << (SIGUSR1 - 1);
	assert_int_equal(deadlock_check(&scan, &process, &thread), DEADLOCK_SIGNAL_AWAITED);
}

static void others_reach_in(void **state)
{
	(void)state;
	struct deadlock_thread thread = {0};
	struct proc_scan scan = blocked_process();
	static const struct {
		struct deadlock_process process;
		enum deadlock_obstacle obstacle;
	} cases[] = {
		{{.memory_of_process = true}, DEADLOCK_MEMORY_OF_PROCESS},
		{{.io_uring = true}, DEADLOCK_IO_URING},
		{{.io_signals = true}, DEADLOCK_PROVEN},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			deadlock_check(&scan, &cases[i].process, &thread), cases[i].obstacle);
	scan.task[0].caught = 1 << (SIGIO - 1);
	assert_int_equal(deadlock_check(&scan, &cases[2].process, &thread), DEADLOCK_IO_SIGNAL);
	scan = blocked_process();
	scan.task[0].traced_elsewhere = true;
	assert_int_equal(deadlock_check(&scan, &alone, &thread), DEADLOCK_TRACED);
}

static void another_thread_runs(void **state)
{
	(void)state;
	struct deadlock_thread threads[2] = {{0}};
	struct proc_scan scan = blocked_process();
	scan.tasks = 2;
	scan.task[1] = (struct proc_task){.tid = 101, .state = 'R'};
	assert_int_equal(deadlock_check(&scan, &alone, threads), DEADLOCK_NOT_WAITING);
	threads[1].paused = true;
	assert_int_equal(deadlock_check(&scan, &alone, threads), DEADLOCK_PROVEN);
	scan.task[1] = in_futex(FUTEX_WAIT_PRIVATE, 0);
	threads[1].paused = false;
	assert_int_equal(deadlock_check(&scan, &alone, threads), DEADLOCK_PROVEN);
	threads[0].paused = threads[1].paused = true;
	assert_int_equal(deadlock_check(&scan, &alone, threads),
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
		cmocka_unit_test(kinds_of_calls),
		cmocka_unit_test(other_waits),
		cmocka_unit_test(others_reach_in),
		cmocka_unit_test(another_thread_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
