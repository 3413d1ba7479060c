/* Loops for test_step.c: endless ones, and those that look endless and are not, or not provably. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Sanitizers would make other loops of them, with memory of their own. */
#define LOOP __attribute__((no_sanitize("address", "undefined"))) static void

static volatile int lock_word = 1;
static volatile unsigned counter;
static volatile int shared_in_name_only;
static volatile int *shared_word = &shared_in_name_only;

/* ---- Forever ---- */

LOOP spin_on_word(void *unused)
{
	(void)unused;
	while (lock_word)
		__builtin_ia32_pause();
}

LOOP spin_compare_exchange(void *unused)
{
	(void)unused;
	int zero = 0;
	while (!__atomic_compare_exchange_n(
		&lock_word, &zero, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		zero = 0;
}

LOOP spin_exchange(void *unused)
{
	(void)unused;
	while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
}

static volatile unsigned next_ticket = 5, now_serving = 3;

LOOP spin_for_ticket(void *unused)
{
	(void)unused;
	unsigned mine = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
	while (now_serving != mine)
		__builtin_ia32_pause();
}

/* Backs off a little longer each time, up to a limit, as many spin locks do. */
LOOP spin_with_backoff(void *unused)
{
	(void)unused;
	for (unsigned delay = 1; lock_word; delay = delay < 32 ? 2 * delay : delay) {
		for (volatile unsigned i = 0; i < delay; i++)
			__builtin_ia32_pause();
	}
}

LOOP yield_loop(void *unused)
{
	(void)unused;
	while (lock_word)
		sched_yield();
}

LOOP timed_futex(void *unused)
{
	(void)unused;
	while (__atomic_load_n(&lock_word, __ATOMIC_ACQUIRE)) {
		struct timespec wait = {.tv_nsec = 1000 * 1000};
		syscall(SYS_futex, &lock_word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, &wait, NULL, 0);
	}
}

LOOP sleep_loop(void *unused)
{
	(void)unused;
	while (lock_word) {
		struct timespec nap = {.tv_nsec = 500 * 1000};
		nanosleep(&nap, NULL);
	}
}

LOOP naked_loop(void *unused)
{
	(void)unused;
	__asm__ volatile("1: jmp 1b");
}

/* Would let others in, if there were any. */
LOOP take_and_release(void *unused)
{
	(void)unused;
	for (;;) {
		if (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
			__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
	}
}

/* ---- Not endless, or not provably ---- */

LOOP count_to_the_end(void *unused)
{
	(void)unused;
	for (uint64_t i = 0; i < UINT64_C(10000000000); i++)
		__asm__ volatile("" ::: "memory");
}

LOOP count_in_memory(void *unused)
{
	(void)unused;
	while (counter < 1000000000)
		counter = counter + 1;
}

LOOP count_in_vector_register(void *unused)
{
	(void)unused;
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n"
			 "pxor %%xmm1, %%xmm1\n"
			 "1: psubq %%xmm0, %%xmm1\n"
			 "nop\n"
			 "jmp 1b" ::
				 : "xmm0", "xmm1");
}

LOOP count_in_x87(void *unused)
{
	(void)unused;
	__asm__ volatile("fninit; fld1; fldz\n"
			 "1: fadd %%st(1), %%st(0)\n"
			 "jmp 1b" ::);
}

LOOP fill_memory(void *unused)
{
	enum { SIZE = 64 * 1024 * 1024 };
	(void)unused;
	char *volatile memory = malloc(SIZE);
	for (;;)
		memset(memory, 0, SIZE);
}

LOOP wait_for_the_tick(void *unused)
{
	(void)unused;
	uint64_t end = __builtin_ia32_rdtsc() + (UINT64_C(1) << 62);
	while (__builtin_ia32_rdtsc() < end)
		__builtin_ia32_pause();
}

LOOP wait_for_the_clock(void *unused)
{
	(void)unused;
	struct timespec now;
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec >= 0);
}

/* Reads nothing but memory, within a second always the same; but the memory is the kernel's. */
LOOP wait_for_next_second(void *unused)
{
	(void)unused;
	while (time(NULL) != 1)
		continue;
}

LOOP wait_for_neighbour(void *unused)
{
	(void)unused;
	shared_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (*shared_word == 0)
		__builtin_ia32_pause();
}

LOOP wait_for_processor(void *unused)
{
	(void)unused;
	while (sched_getcpu() >= 0)
		continue;
}

LOOP wait_for_parent(void *unused)
{
	(void)unused;
	while (getppid() != 1)
		continue;
}

LOOP wait_untimed(void *unused)
{
	(void)unused;
	while (lock_word)
		syscall(SYS_futex, &lock_word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

LOOP wait_until(void *unused)
{
	(void)unused;
	struct timespec end;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += 3600;
	for (;;)
		syscall(SYS_futex, &lock_word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 1, &end,
			NULL, FUTEX_BITSET_MATCH_ANY);
}

/* As gperftools does: the length of each nap comes from a random number kept in memory. */
LOOP sleep_at_random(void *unused)
{
	static uint64_t state = 1;
	(void)unused;
	while (lock_word) {
		state = (UINT64_C(0x5deece66d) * state + 0xb) & ((UINT64_C(1) << 48) - 1);
		struct timespec nap = {.tv_nsec = (long)(state >> 30)};
		syscall(SYS_futex, &lock_word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, &nap, NULL, 0);
	}
}

LOOP read_a_file(void *unused)
{
	(void)unused;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	char byte;
	while (read(fd, &byte, 1) == 1)
		continue;
}

static volatile sig_atomic_t alarms;

static void on_alarm(int signal)
{
	(void)signal;
	alarms = alarms + 1;
}

/* Its own timer ends it, some time. */
LOOP wait_for_alarms(void *unused)
{
	(void)unused;
	struct sigaction action = {.sa_handler = on_alarm};
	sigaction(SIGALRM, &action, NULL);
	timer_t timer;
	struct itimerspec often = {
		.it_value.tv_nsec = 100 * 1000, .it_interval.tv_nsec = 100 * 1000};
	timer_create(CLOCK_MONOTONIC, NULL, &timer);
	timer_settime(timer, 0, &often, NULL);
	while (alarms < 1000000000)
		__builtin_ia32_pause();
}

LOOP random_wait(void *unused)
{
	(void)unused;
	unsigned long number = 0;
	while (number != 42) /* NOLINT: it is changed */
		__asm__ volatile("rdrand %0" : "=r"(number));
}

LOOP end_at_once(void *unused)
{
	(void)unused;
	syscall(SYS_exit_group, 3);
}
