/*
 * An audit in progress: the state that its parts share. For the files audit*.c of this directory
 * only.
 */
#pragma once

#include "audit.h"

#include "breakpoints.h"
#include "runner_session.h"
#include "step.h"
#include "symbols.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { AUDIT_THREADS_MAX = 64, AUDIT_CALLS_MAX = 32 };

/* libc functions that are run in one go while the rest is stepped. */
enum mutex_call {
	MUTEX_CALL_LOCK,
	MUTEX_CALL_TRYLOCK,
	MUTEX_CALL_UNLOCK,
	MUTEX_CALL_INIT,
	MUTEX_CALL_DESTROY,
	CALLS
};

struct audit_run {
	struct audit *audit;
	struct runner_session session;
	struct symbols *symbols; /* NULL until the program was executed */
	uint64_t begin_ns, begin_cpu_ns, limit_ns;
	pid_t thread[AUDIT_THREADS_MAX];
	unsigned threads;

	struct breakpoints breakpoints; /* while the program starts, on: */

	/* 0: not found. */
	uint64_t loader;             /* called by the loader when it has mapped libraries */
	uint64_t entry_point;        /* called by every registration */
	uint64_t compat_entry_point; /* a function that leads there */
	bool entry_point_is_pthread_atfork;
	bool came_by_compat; /* the next registration of that thread came through it */
	pid_t compat_thread;

	struct symbol_found call[AUDIT_CALLS_MAX]; /* .name is an enum mutex_call */
	size_t calls;
};

/* Ends the audit, with the reason in audit->summary.why. Returns `error`, a -errno. */
__attribute__((format(printf, 3, 4))) int audit_run_fail(
	struct audit_run *run, int error, const char *format, ...);

/* True when the time limit is exceeded or the user has interrupted forklab. */
bool audit_run_is_over(const struct audit_run *run);

/* ---- audit_start.c ---- */

/*
 * Starts the runner and records every registration until it waits for `go`. Then only its main
 * thread is still traced, and stopped. 0 or -errno.
 */
int audit_run_start(
	struct audit_run *run, const struct catalogue_allocator *allocator, struct tracee *tracee);

/* ---- audit_walk.c ---- */

/* Steps that thread and its child through fork(), then detaches from both. 0 or -errno. */
int audit_run_walk(struct audit_run *run, struct tracee *tracee);
