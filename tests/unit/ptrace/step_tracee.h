/* A process to step, for test_step.c, test_stores.c and test_breakpoints.c. */
#pragma once

#include "arch.h"
#include "step.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define TRACEE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACEE_SANITIZED 1
#endif
#endif
#if !defined(TRACEE_SANITIZED)
#define TRACEE_SANITIZED 0
#endif

/* Shared between the test and the process. */
struct tracee_signals {
	_Atomic int ready, go, done;
};

static struct tracee_signals *tracee_signals;
static bool tracee_without_rseq; /* the next process unregisters its rseq area */

/*
 * The kernel writes the processor's number there whenever it reschedules the thread: no decoder can
 * predict that store.
 */
static inline void tracee_leave_rseq(void)
{
#if defined(RSEQ_SIG) && defined(SYS_rseq)
	enum { UNREGISTER = 1, AREA = 32 };
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, AREA,
			UNREGISTER, RSEQ_SIG);
#endif
}

/* The stepper blocks SIGCHLD in this process; as those of forklab, its children do not. */
static inline void tracee_unblock_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A child that runs body(argument) once `go` is set; it dies with the test. */
static inline pid_t tracee_start(void (*body)(void *), void *argument)
{
	if (!tracee_signals)
		tracee_signals = mmap(NULL, sizeof(*tracee_signals), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(tracee_signals, MAP_FAILED);
	memset(tracee_signals, 0, sizeof(*tracee_signals));
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tracee_unblock_signals();
		if (tracee_without_rseq)
			tracee_leave_rseq();
		tracee_signals->ready = 1;
		while (!tracee_signals->go)
			sched_yield();
		body(argument);
		tracee_signals->done = 1;
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	while (!tracee_signals->ready)
		sched_yield();
	return pid;
}

static inline void tracee_end(pid_t pid)
{
	kill(pid, SIGKILL);
	int status = 0;
	while (waitpid(pid, &status, __WALL) == pid && !WIFEXITED(status) && !WIFSIGNALED(status))
		continue;
}

/* Skips the test where threads cannot be stepped. */
static inline void tracee_need_stepping(void)
{
	const char *why;
	if (!arch_supported(&why)) {
		print_message("skipped: %s\n", why);
		skip();
	}
}

/* Attaches, stops and pins it; skips the test where tracing is not permitted. */
static inline void tracee_attach(struct tracee *tracee, pid_t pid)
{
	int error = step_attach(tracee, pid, STEP_PIN, STEP_ATTACH_MS);
	if (error == -EPERM) {
		tracee_end(pid);
		print_message("skipped: no right to trace\n");
		skip();
	}
	assert_int_equal(error, 0);
}

/* A stopped process about to run `body`. */
static inline pid_t tracee_begin(struct tracee *tracee, void (*body)(void *))
{
	tracee_need_stepping();
	pid_t pid = tracee_start(body, NULL);
	tracee_attach(tracee, pid);
	tracee_signals->go = 1;
	return pid;
}
