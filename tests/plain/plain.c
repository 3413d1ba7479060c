/*
 * A program as a user writes it, without forklab's engine: a worker thread allocates, main() forks,
 * the child allocates. The end-to-end tests compare the runner of the same allocator with it.
 *
 *	plain handlers	prints how many atfork registrations of others reached libc
 *	plain hang	prints whether a child can hang: "hangs", or "no child hangs"
 *
 * `hang` is no matter of luck. The worker steps itself: with the trap flag set, each instruction
 * ends in its SIGTRAP handler, which holds it there while main() forks. Where fork() waits for a
 * lock of the worker, the worker goes on after a time.
 */
#include "registrations.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STRIDE = 61,      /* instructions from fork to fork */
	PATIENCE_MS = 20, /* a fork that takes longer waits for the worker */
	LIMIT_S = 6,      /* without a hang */
	HANG_S = 10,      /* a child that takes longer hangs: it needs a millisecond */
};

/* ---- Built with PLAIN_REGISTERS: a program that has atfork handlers ---- */

#ifdef PLAIN_REGISTERS
enum { OWN_REGISTRATIONS = 1 };

static void nothing(void)
{
}

static void register_handlers(void)
{
	pthread_atfork(nothing, nothing, nothing);
}
#else
enum { OWN_REGISTRATIONS = 0 };

static void register_handlers(void)
{
}
#endif

/* ---- The allocator, used by the worker and by the child ---- */

static void allocate(void)
{
	enum { EACH = 40 };
	static const size_t sizes[] = {24, 256, 1000, 5000, 40000, 300000};
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *volatile block[EACH];
		for (int k = 0; k < EACH; k++)
			block[k] = malloc(sizes[i]);
		for (int k = 0; k < EACH; k++)
			free(block[k]);
	}
}

static void *allocating_thread(void *argument)
{
	allocate();
	return argument;
}

static void start(pthread_t *thread, void *(*function)(void *))
{
	if (pthread_create(thread, NULL, function, NULL))
		abort();
}

/* ---- Registrations ---- */

static void print_registrations(void)
{
	pthread_t thread;
	allocate();
	start(&thread, allocating_thread);
	pthread_join(thread, NULL);
	printf("%d\n", registrations ? registrations() - OWN_REGISTRATIONS : -1);
}

/* ---- Hanging ---- */

static _Atomic uint32_t held; /* futex; odd: the worker is held for a fork */
static _Atomic bool over;

static void futex_wait(_Atomic uint32_t *word, uint32_t value, long ms)
{
	struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &limit, NULL, 0);
}

static void add_one(_Atomic uint32_t *word)
{
	atomic_fetch_add(word, 1);
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* The worker, between two of its instructions. */
static void hold(int signal)
{
	static unsigned instructions;
	int saved = errno;
	(void)signal;
	if (++instructions % STRIDE == 0) {
		add_one(&held);
		futex_wait(&held, atomic_load(&held) | 1, PATIENCE_MS);
		if (atomic_load(&held) % 2)
			add_one(&held);
	}
	errno = saved;
}

#ifdef __x86_64__
/* Past the red zone; the flag takes effect after the next instruction. */
static void set_trap_flag(bool on)
{
	if (on)
		__asm__ volatile("lea -128(%%rsp), %%rsp; pushf; orl $0x100, (%%rsp); popf;"
				 "lea 128(%%rsp), %%rsp" ::
					 : "memory", "cc");
	else
		__asm__ volatile("lea -128(%%rsp), %%rsp; pushf; andl $~0x100, (%%rsp); popf;"
				 "lea 128(%%rsp), %%rsp" ::
					 : "memory", "cc");
}
#else
static void set_trap_flag(bool on)
{
	(void)on;
	puts("skipped");
	exit(0);
}
#endif

static void *stepped_thread(void *argument)
{
	set_trap_flag(true);
	allocate();
	set_trap_flag(false);
	atomic_store(&over, true);
	add_one(&held);
	return argument;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* True if it ended in time. */
static bool reap(pid_t child)
{
	int64_t limit = now_ms() + HANG_S * 1000;
	while (waitpid(child, NULL, WNOHANG) == 0) {
		if (now_ms() > limit) {
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
			return false;
		}
		usleep(100);
	}
	return true;
}

static bool fork_hangs(void)
{
	pid_t child = fork();
	if (child < 0)
		abort();
	if (child == 0) {
		allocate();
		_exit(0);
	}
	return !reap(child);
}

static void print_whether_it_hangs(void)
{
	pthread_t thread;
	unsigned forks = 0;
	struct sigaction action = {.sa_handler = hold};
	sigaction(SIGTRAP, &action, NULL);
	allocate();
	start(&thread, stepped_thread);
	int64_t limit = now_ms() + LIMIT_S * 1000;
	while (!atomic_load(&over) && now_ms() < limit) {
		uint32_t seen = atomic_load(&held);
		if (seen % 2 == 0) {
			futex_wait(&held, seen, 1000);
			continue;
		}
		forks++;
		if (fork_hangs()) {
			printf("hangs at fork %u\n", forks);
			return;
		}
		/* Unless the worker went on by itself. */
		if (atomic_compare_exchange_strong(&held, &seen, seen + 1))
			syscall(SYS_futex, &held, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	}
	printf("no child hangs in %u forks\n", forks);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	register_handlers();
	if (strcmp(argv[1], "handlers") == 0)
		print_registrations();
	else
		print_whether_it_hangs();
	fflush(stdout);
	_exit(0);
}
