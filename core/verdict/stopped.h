/*
 * Children that are stopped by a signal (SIGSTOP, SIGTSTP, …). A stop from outside is no hang,
 * since whatever stopped the child may continue it. A child that has stopped itself is not waited
 * for.
 */
#pragma once

#include "finding.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The stop of one child; all zero: it is not stopped. */
struct stop_record {
	uint64_t begin_ns; /* CLOCK_MONOTONIC: when it was first seen stopped */
};

/* How long forklab waits for it to be continued depends on this. */
struct stop_patience {
	bool self_stop_seen; /* another child had stopped itself, and nothing continued it */
	bool none;           /* there is no time left: the budget is exhausted */
};

/*
 * Examines a child, to be called again and again. True: it is stopped, and forklab does not wait
 * any longer; *finding has verdict, cause and reason. Resets the record of one that is not stopped.
 */
bool stopped_for_good(struct stop_record *record, pid_t pid, uint64_t now,
	const struct stop_patience *patience, struct finding *finding);
