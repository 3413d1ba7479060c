/* The watch over resident memory, on processes of this test. */
#include "memory_watch.h"
#include "monotonic.h"
#include "oom_kills.h"
#include "proc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka needs some of the above. */
#include <cmocka.h>

static const uint64_t mib = 1 << 20;
enum { LIMIT_MIB = 48, SMALL_MIB = 4, LARGE_MIB = 64, RESERVED_GIB = 64 };

static _Noreturn void sleep_until_killed(void)
{
	for (;;)
		pause();
}

static void touch(size_t size)
{
	if (!size)
		return;
	char *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (block == MAP_FAILED)
		_exit(1);
	memset(block, 1, size);
}

static void reserve(size_t size)
{
	if (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0) == MAP_FAILED)
		_exit(1);
}

static void limit(struct memory_watch *watch, pid_t runner)
{
	memory_watch_begin(watch, runner, LIMIT_MIB * mib);
	watch->due_ns = 0;
}

/* A child of this process that touches memory, and has a child that does; then both sleep. */
static pid_t start(unsigned own_mib, unsigned child_mib, pid_t *child)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		touch(own_mib * mib);
		reserve((size_t)RESERVED_GIB << 30);
		pid_t below = fork();
		if (below == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			touch(child_mib * mib);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			sleep_until_killed();
		}
		sleep_until_killed();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(proc_children(pid, child, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool is_dead(pid_t pid)
{
	for (int i = 0; i < 1000; i++) {
		int status;
		if (proc_parent(pid) == 0 || proc_is_zombie(pid, proc_parent(pid), &status))
			return true;
		sleep_ns(5 * NS_PER_MS);
	}
	return false;
}

static void reserved_memory_does_not_count(void **state)
{
	struct memory_watch watch;
	pid_t child, runner = start(SMALL_MIB, SMALL_MIB, &child);
	(void)state;
	limit(&watch, runner);
	memory_watch_tick(&watch);
	assert_int_equal(watch.killed_count, 0);
	assert_true(watch.due_ns > monotonic_ns());
	end(runner);
}

static void the_one_that_grew_is_killed(void **state)
{
	struct memory_watch watch;
	pid_t child, runner = start(SMALL_MIB, LARGE_MIB, &child);
	(void)state;
	limit(&watch, runner);
	memory_watch_tick(&watch);
	assert_true(memory_watch_killed(&watch, child));
	assert_false(memory_watch_killed(&watch, runner));
	assert_false(watch.runner_killed);
	assert_true(is_dead(child));
	assert_int_equal(kill(runner, 0), 0);
	end(runner);
}

/* The child has what its parent has, and shares it. */
static void shared_memory_counts_once(void **state)
{
	struct memory_watch watch;
	pid_t child, runner = start(LIMIT_MIB * 3 / 4, 0, &child);
	(void)state;
	limit(&watch, runner);
	memory_watch_tick(&watch);
	assert_int_equal(watch.killed_count, 0);
	end(runner);
}

static void the_runner_is_killed_for_what_it_has(void **state)
{
	struct memory_watch watch;
	pid_t child, runner = start(LARGE_MIB, SMALL_MIB, &child);
	(void)state;
	limit(&watch, runner);
	memory_watch_tick(&watch);
	assert_true(watch.runner_killed);
	assert_true(is_dead(runner));
	end(runner);
}

static void it_is_cheap_far_from_the_limit(void **state)
{
	const uint64_t gib = UINT64_C(1) << 30;
	(void)state;
	assert_true(memory_watch_interval_ns(0, 2 * gib) == 100 * NS_PER_MS);
	assert_true(memory_watch_interval_ns(2 * gib - 64 * mib, 2 * gib) < 10 * NS_PER_MS);
	assert_true(memory_watch_interval_ns(2 * gib, 2 * gib) == 5 * NS_PER_MS);
	assert_true(memory_watch_interval_ns(9 * gib, 2 * gib) == 5 * NS_PER_MS);
}

/* ---- Kills by the kernel ---- */

static void the_counter_of_the_own_group_is_found(void **state)
{
	static const char hybrid[] = "9:name=systemd:/\n4:memory:/a/b:c\n0::/user.slice\n";
	char path[128];
	(void)state;
	assert_true(oom_kills_path(hybrid, 1, path, sizeof(path)));
	assert_string_equal(path, "/sys/fs/cgroup/memory/a/b:c/memory.oom_control");
	assert_true(oom_kills_path(hybrid, 2, path, sizeof(path)));
	assert_string_equal(path, "/sys/fs/cgroup/user.slice/memory.events");
	assert_false(oom_kills_path("0::/\n", 1, path, sizeof(path)));
	assert_false(oom_kills_path("8:pids:/\n5:mem\n", 2, path, sizeof(path)));
	assert_false(oom_kills_path(hybrid, 2, path, 12));
	assert_false(oom_kills_path("", 2, path, sizeof(path)));
}

static void kills_are_counted(void **state)
{
	(void)state;
	assert_int_equal(oom_kills_parse("low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\n"), 2);
	assert_int_equal(oom_kills_parse("oom_kill_disable 1\nunder_oom 0\noom_kill 5\n"), 5);
	assert_int_equal(oom_kills_parse("oom_kill 6\n"), 6);
	assert_int_equal(oom_kills_parse("low 0\noom_kill_disable 1\n"), 0);
	assert_int_equal(oom_kills_parse(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_memory_does_not_count),
		cmocka_unit_test(the_one_that_grew_is_killed),
		cmocka_unit_test(shared_memory_counts_once),
		cmocka_unit_test(the_runner_is_killed_for_what_it_has),
		cmocka_unit_test(it_is_cheap_far_from_the_limit),
		cmocka_unit_test(the_counter_of_the_own_group_is_found),
		cmocka_unit_test(kills_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
