/* An audit under way: what its parts share. For the files audit*.c of this directory only. */
#ifndef FORKLAB_AUDIT_RUN_H
#define FORKLAB_AUDIT_RUN_H

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

/* Functions of libc that are run in one go while the rest is stepped. */
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
	struct symbols *symbols; /* NULL until the program is there */
	uint64_t deadline_ns;
	pid_t thread[AUDIT_THREADS_MAX];
	unsigned threads;

	struct breakpoints breakpoints; /* while the program starts, on: */

	/* 0: not found. */
	uint64_t loader;             /* where the loader says that libraries were mapped */
	uint64_t entry_point;        /* where each registration comes through */
	uint64_t compat_entry_point; /* one way to it */
	bool entry_point_is_pthread_atfork;
	bool came_by_compat; /* the next registration of that thread did */
	pid_t compat_thread;

	struct symbol_found call[AUDIT_CALLS_MAX]; /* .name is an enum mutex_call */
	size_t calls;
};

/* Says why the audit ends here, in audit->why. Returns `error`, a -errno. */
__attribute__((format(printf, 3, 4))) int audit_run_fail(
	struct audit_run *run, int error, const char *format, ...);

/* True when the time is over or the user has interrupted forklab. */
bool audit_run_is_over(const struct audit_run *run);

/* ---- audit_start.c ---- */

/*
 * Starts the runner and notes every registration until it waits for `go`; then only its main
 * thread is traced, and stopped. 0 or -errno.
 */
int audit_run_start(
	struct audit_run *run, const struct catalogue_allocator *allocator, struct tracee *tracee);

/* ---- audit_walk.c ---- */

/* Steps that thread and its child through fork(); lets both go. 0 or -errno. */
int audit_run_walk(struct audit_run *run, struct tracee *tracee);

#endif
