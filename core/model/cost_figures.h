/*
 * The figures of `forklab cost`: their names and units, and how they are computed from what a
 * runner has written. The numbers come from the process under test: implausible ones are left out.
 * Pure.
 */
#pragma once

#include "cost_shm.h"

#include <stddef.h>

enum cost_figure {
	/* fork() as its caller sees it, while background threads work */
	COST_FORK_P50,
	COST_FORK_P99,
	COST_FORK_MAX,
	COST_FORK_FIRST,           /* the first one: the whole heap has just been written */
	COST_FORK_PREPARE,         /* of that, in the prepare handlers, */
	COST_FORK_KERNEL_AND_LIBC, /* in the kernel and libc, */
	COST_FORK_PARENT,          /* and in the parent handlers */
	COST_BARE_FORK_P50,        /* a bare _Fork() beside it */
	/* calls of the background threads */
	COST_CALM_P99,
	COST_CALM_MAX,
	COST_STALL_P99,
	COST_STALL_MAX,
	COST_STALL_P50, /* of the longest ones around each fork */
	COST_CALL_RATE,
	/* the child */
	COST_HANDLERS_TIME,
	COST_FIRST_TIME,
	COST_FIRST_FAULTS,
	COST_FULL_TIME,
	COST_FULL_FAULTS,
	COST_FREED_TIME,
	COST_FREED_FAULTS,
	/* private dirty memory that there was not before */
	COST_HANDLERS_COPY,
	COST_FIRST_COPY,
	COST_FULL_COPY,
	COST_FREED_COPY,
	COST_PARENT_COPY,
	/* what threads leave behind */
	COST_CACHED_BYTES,
	COST_STRANDED,                 /* to the child's one thread, */
	COST_STRANDED_DESPITE_THREADS, /* and also to new threads of the child */
	COST_STRANDED_AFTER_EXIT, /* to the parent and new threads, when the old ones have ended */
	/* resident and proportional, of the parent and its children, moment by moment */
	COST_MEMORY_BEGIN,
	COST_MEMORY_END = COST_MEMORY_BEGIN + 5 * COST_MOMENTS, /* COST_MEMORY_KINDS of each */
	/* the snapshot server, where it was run */
	COST_SNAPSHOT_FORK = COST_MEMORY_END,
	COST_SNAPSHOT_STALL, /* the longest request while the child wrote, */
	COST_SNAPSHOT_P99,
	COST_SNAPSHOT_CALM_STALL, /* and without a child */
	COST_SNAPSHOT_CALM_P99,
	COST_SNAPSHOT_TIME,
	COST_SNAPSHOT_COPIED,
	COST_SNAPSHOT_VERIFIED, /* bytes of the file that were compared and found correct: all */
	/* the prefork server, where it was run */
	COST_PREFORK_RATE,
	COST_PREFORK_P50,
	COST_PREFORK_P99,
	COST_PREFORK_P999,
	COST_PREFORK_MAX,
	COST_PREFORK_HUNG,
	COST_PREFORK_CHILD, /* private dirty memory of a child that has answered */
	/* the pool server, where it was run: the same */
	COST_POOL_RATE,
	COST_POOL_P50,
	COST_POOL_P99,
	COST_POOL_P999,
	COST_POOL_MAX,
	COST_POOL_HUNG,
	COST_POOL_CHILD,
	/* the instruments */
	COST_HUGE,
	COST_CLOCK,
	COST_OWN_FAULTS,
	COST_MACHINE_UNEVENNESS,
	COST_FIGURES
};

/* The five of each moment. */
enum cost_memory_kind {
	COST_PARENT_RSS,
	COST_PARENT_PSS,
	COST_CHILDREN_RSS, /* their sum */
	COST_CHILDREN_PSS,
	COST_ALL_PSS, /* parent and children */
	COST_MEMORY_KINDS
};
#define COST_MEMORY(moment, kind) (COST_MEMORY_BEGIN + COST_MEMORY_KINDS * (moment) + (kind))

enum cost_unit { COST_NS, COST_BYTES, COST_NUMBER, COST_PER_SECOND, COST_RATIO };

/* How the rounds' values become one. */
enum cost_aggregate {
	COST_MEDIAN, /* their median */
	COST_MAXIMUM,
	COST_POOLED /* the quantile of all samples of all rounds */
};

struct cost_figure_info {
	const char *key; /* with the unit: "fork_p50_ns" */
	enum cost_unit unit;
	enum cost_aggregate aggregate;
};

const struct cost_figure_info *cost_figure_info(size_t figure);

/* Why a figure has no value. */
enum cost_reason {
	COST_WHY_NONE, /* it has one */
	COST_WHY_NOT_MEASURED,
	COST_WHY_NOT_IN_FILE,
	COST_WHY_NO_FORK_ENDED,
	COST_WHY_NO_HANDLERS,   /* the fork method runs none */
	COST_WHY_NOT_OUTERMOST, /* no handler can be registered before the allocator's */
	COST_WHY_NO_CALL,
	COST_WHY_NO_THREADS, /* in the background */
	COST_WHY_NO_CHILD_ENDED,
	COST_WHY_NO_ROLLUP, /* of the kernel: smaps_rollup */
	COST_WHY_SEARCH_NOT_ENDED,
	COST_WHY_NO_SNAPSHOT,
	COST_WHY_NO_REQUEST,
	COST_WHY_NO_ANSWER,
	COST_WHY_SERVER_NOT_ENDED,
	COST_WHY_NO_SNAPSHOT_SERVER,
	COST_WHY_NO_PREFORK_SERVER,
	COST_WHY_NO_POOL_SERVER,
	COST_WHY_NO_INSTRUMENT,
	COST_REASONS
};

/* What one runner measured: a number, or NAN and the reason. */
struct cost_values {
	double value[COST_FIGURES];
	enum cost_reason why[COST_FIGURES];
};

/* What must be known besides the runner's figures. */
struct cost_context {
	uint32_t threads;
	enum fork_method method;
	enum cost_server server;
};

void cost_values(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context);

/* The duration of each fork in ns, into times[COST_FORKS]. Returns their number. */
size_t cost_fork_times(const struct cost_shm *shm, double *times);

/* Adds a runner's histograms, one per thread, to *sum; implausible values are left out. */
void cost_histogram_add(
	struct cost_histogram *sum, const struct cost_histogram *each, uint32_t threads);

/* The latencies of all clients of a server, added to *sum. */
void cost_clients_add(struct cost_histogram *sum, const struct cost_shm *shm);

/* The q-quantile (0 to 1) of a histogram: the middle of its bucket, NAN when it is empty. */
double cost_histogram_quantile(const struct cost_histogram *histogram, double q);
