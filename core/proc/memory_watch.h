/*
 * Bounds how much memory the processes under test keep resident. Reserved memory that is never
 * touched does not count, so allocators may reserve what they like, and no allocation fails because
 * of this limit: the process that exceeds it is killed. The check is a walk through /proc, so a
 * process can exceed the limit by what it touches between two walks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { MEMORY_WATCH_KILLED_MAX = 16 };

struct memory_watch {
	uint64_t limit;  /* bytes; UINT64_MAX: none */
	pid_t runner;    /* a child of forklab; further children of forklab count, too */
	uint64_t due_ns; /* CLOCK_MONOTONIC of the next walk */
	bool runner_killed;
	unsigned killed_count; /* processes killed so far; the last ones are in killed[] */
	pid_t killed[MEMORY_WATCH_KILLED_MAX];
};

/* Starts to watch a runner. `limit` in bytes; 0: 2 GiB. */
void memory_watch_begin(struct memory_watch *watch, pid_t runner, uint64_t limit);

/*
 * Walks through all descendants of this process when that is due, otherwise returns at once: cheap
 * enough for every tick. If they exceed the limit together, SIGKILL goes to the one that grew most:
 * the runner, or else the whole tree of a child. What a child shares with its parent counts once,
 * as far as its resident size tells. forklab, its only thread.
 */
void memory_watch_tick(struct memory_watch *watch);

/* Whether that process was killed by the watch. */
bool memory_watch_killed(const struct memory_watch *watch, pid_t pid);

/*
 * When to walk again, in nanoseconds from now, so that a process that touches memory as fast as a
 * machine can does not get far beyond the limit. Pure.
 */
uint64_t memory_watch_interval_ns(uint64_t resident, uint64_t limit);
