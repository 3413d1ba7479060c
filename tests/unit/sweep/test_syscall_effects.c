/* Which system calls make a fork point: all but those known to have no lasting effect. */
#include "syscall_effects.h"

#include <linux/futex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include <cmocka.h>

static const uint64_t garbage = UINT64_C(0xdeadbeef00000000); /* above an int */

struct syscall_case {
	struct arch_syscall call;
	bool changes;
};

static void assert_all(const struct syscall_case *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct arch_syscall *call = &expected[i].call;
		if (syscall_affects_child(call) != expected[i].changes)
			fail_msg("call %u (%#lx, %#lx, %#lx, %#lx)", (unsigned)call->number,
				(unsigned long)call->argument[0], (unsigned long)call->argument[1],
				(unsigned long)call->argument[2], (unsigned long)call->argument[3]);
	}
}
#define ASSERT_ALL(cases) assert_all(cases, sizeof(cases) / sizeof((cases)[0]))

static void calls_that_only_answer_are_harmless(void **state)
{
	static const struct syscall_case cases[] = {
		{{SYS_sched_yield, {0}}, false},
		{{SYS_getpid, {0}}, false},
		{{SYS_gettid, {0}}, false},
		{{SYS_getppid, {0}}, false},
		{{SYS_getuid, {0}}, false},
	};
	(void)state;
	ASSERT_ALL(cases);
}

static void a_futex_is_harmless_while_it_is_only_read(void **state)
{
	static const struct syscall_case cases[] = {
		{{SYS_futex, {1, FUTEX_WAIT}}, false},
		{{SYS_futex, {1, FUTEX_WAKE}}, false},
		{{SYS_futex, {1, FUTEX_WAIT_PRIVATE}}, false},
		{{SYS_futex, {1, FUTEX_WAKE_PRIVATE}}, false},
		{{SYS_futex, {1, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME}}, false},
		{{SYS_futex, {1, FUTEX_WAKE_BITSET}}, false},
		{{SYS_futex, {1, FUTEX_LOCK_PI}}, true},
		{{SYS_futex, {1, FUTEX_UNLOCK_PI_PRIVATE}}, true},
		{{SYS_futex, {1, FUTEX_TRYLOCK_PI}}, true},
		{{SYS_futex, {1, FUTEX_WAKE_OP_PRIVATE}}, true},
		{{SYS_futex, {1, FUTEX_CMP_REQUEUE}}, true},
		{{SYS_futex, {1, FUTEX_WAIT_REQUEUE_PI}}, true},
		{{SYS_futex, {1, 77}}, true},
	};
	const struct syscall_case wide = {{SYS_futex, {1, garbage | FUTEX_WAKE_PRIVATE}}, false};
	(void)state;
	ASSERT_ALL(cases);
	assert_all(&wide, 1);
}

static void a_sleep_is_harmless_without_a_place_for_the_rest(void **state)
{
	static const struct syscall_case cases[] = {
		{{SYS_nanosleep, {1, 0}}, false},
		{{SYS_nanosleep, {1, 1}}, true},
		{{SYS_clock_nanosleep, {CLOCK_MONOTONIC, 0, 1, 0}}, false},
		{{SYS_clock_nanosleep, {CLOCK_MONOTONIC, 0, 1, 1}}, true},
		{{SYS_clock_nanosleep, {CLOCK_MONOTONIC, TIMER_ABSTIME, 1, 1}}, false},
#if defined(SYS_poll)
		{{SYS_poll, {0, 0, 1}}, false},
		{{SYS_poll, {1, 1, 1}}, true},
#endif
	};
	(void)state;
	ASSERT_ALL(cases);
}

static void everything_else_makes_a_fork_point(void **state)
{
	static const struct syscall_case cases[] = {
		{{SYS_mmap, {0}}, true},
		{{SYS_munmap, {0}}, true},
		{{SYS_mremap, {0}}, true},
		{{SYS_mprotect, {0}}, true},
		{{SYS_brk, {0}}, true},
		{{SYS_madvise, {1, 1, MADV_DONTNEED}}, true},
		{{SYS_madvise, {1, 1, MADV_DONTFORK}}, true},
		{{SYS_read, {0}}, true},
		{{SYS_write, {1}}, true},
		{{SYS_close, {1}}, true},
		{{SYS_getrandom, {0}}, true},
		{{SYS_clock_gettime, {0}}, true},
		{{SYS_clone, {0}}, true},
		{{SYS_exit, {0}}, true},
		{{SYS_prctl, {0}}, true},
		{{SYS_rt_sigprocmask, {0}}, true},
		{{SYS_set_robust_list, {0}}, true},
		{{SYS_getpid | 0x40000000, {0}}, true}, /* of another table of calls */
		{{UINT64_MAX, {0}}, true},
	};
	(void)state;
	ASSERT_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_that_only_answer_are_harmless),
		cmocka_unit_test(a_futex_is_harmless_while_it_is_only_read),
		cmocka_unit_test(a_sleep_is_harmless_without_a_place_for_the_rest),
		cmocka_unit_test(everything_else_makes_a_fork_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
