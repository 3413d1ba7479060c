/* An audit under way: what its parts share. For the files audit*.c of this directory only. */
#ifndef FORKLAB_AUDIT_RUN_H
#define FORKLAB_AUDIT_RUN_H

#include "audit.h"

#include "runner_process.h"
#include "step.h"
#include "symbols.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { WATCH_THREADS_MAX = 64, WATCH_CALLS_MAX = 32 };

/* Functions of libc that are run in one go while the rest is stepped. */
enum watch_call { CALL_LOCK, CALL_TRYLOCK, CALL_UNLOCK, CALL_INIT, CALL_DESTROY, CALLS };

struct watch {
	struct audit *audit;
	struct spawned runner;
	struct symbols *symbols; /* NULL until the program is there */
	uint64_t deadline_ns;
	pid_t thread[WATCH_THREADS_MAX];
	unsigned threads;

	/* Breakpoints while the program starts; 0: not found. */
	uint64_t loader;   /* where the loader says that libraries were mapped */
	uint64_t door;     /* where each registration comes through */
	uint64_t old_door; /* one way to it */
	bool door_is_plain;
	bool came_by_old_door; /* the next registration of that thread did */
	pid_t old_door_thread;

	struct symbol_found call[WATCH_CALLS_MAX]; /* .name is an enum watch_call */
	size_t calls;
};

/* Says why the audit ends here, in audit->why. Returns `error`, a -errno. */
__attribute__((format(printf, 3, 4))) int watch_fail(
	struct watch *watch, int error, const char *format, ...);

/* True when the time is over or the user has interrupted forklab. */
bool watch_is_over(const struct watch *watch);

/* ---- audit_start.c ---- */

/*
 * Starts the runner and notes every registration until it waits for `go`; then only its main
 * thread is traced, and stopped. 0 or -errno.
 */
int watch_start(
	struct watch *watch, const struct catalogue_allocator *allocator, struct step *step);

/* ---- audit_walk.c ---- */

/* Steps that thread and its child through fork(); lets both go. 0 or -errno. */
int watch_walk(struct watch *watch, struct step *step);

#endif
