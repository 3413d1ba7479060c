/*
 * What `forklab cost` measures: a second mapping, behind the shm in the same file. Exists only in
 * MODE_COST.
 *
 * forklab writes `plan` before the runner starts; the runner and its children write the rest, with
 * plain stores; the words marked "futex" are used through the shared mapping. The mapping is shared
 * because a fork does not copy it: measuring dirties no private page of the measured process. The
 * process under test may corrupt all of it: forklab copies and bounds everything that it reads
 * here.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC_RAW.
 */
#pragma once

#include "shm.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
	COST_FORKS = 64,         /* timed forks of each kind */
	COST_FORKS_MIN = 4,      /* made even if they exceed the time limit */
	COST_TIMED_CHILDREN = 7, /* children whose allocations are timed */
	COST_CHILDREN = 8,       /* alive at a time while memory is measured */
	COST_CALLS = 1000,       /* allocations of a child; blocks that it frees, that the parent
				    replaces */
	COST_SIZES = 3,          /* sizes of the blocks that threads leave in their caches, */
	COST_CACHED = 32,        /* and blocks of each */
	COST_CLIENTS = 4,        /* of the servers on the loopback */
	COST_POOL = 4,           /* children of the pool server */
	COST_SERVE_MS = 400,     /* time during which clients make requests */
	COST_LATE_S = 8,         /* an answer that takes longer is late; */
	COST_HUNG_S = 16,        /* a request without one for so long hangs */
	COST_RESPONSE = 4096,    /* bytes of a response */
	COST_SPINS = 24,         /* how often the same loop is timed */
	COST_BUCKETS = 1216,     /* of a histogram: up to 2^42 ns */
};

/* The server that runs in the measured process. */
enum cost_server {
	COST_NO_SERVER,
	COST_SNAPSHOT_SERVER,
	COST_PREFORK_SERVER,
	COST_POOL_SERVER,
	COST_SERVERS
};

struct cost_plan {
	uint64_t heap_bytes; /* live blocks, as asked for */
	uint32_t round;      /* counted from 0; the tests' allocators use it */
	uint32_t huge;       /* 1: transparent huge pages; 0: none */
	uint32_t forks;      /* of each kind; at most COST_FORKS */
	uint32_t forks_ms;   /* time for all of them; COST_FORKS_MIN are made in any case */
	uint32_t work_ms;    /* of background work, timed and not timed each */
	uint32_t server;     /* enum cost_server */
	uint32_t port;       /* that it listens on; 0: the kernel chooses */
};

/* One fork() as the parent sees it. */
struct cost_fork {
	uint64_t called;
	uint64_t prepared; /* the last prepare handler has returned; 0: unknown */
	uint64_t parent;   /* the first parent handler is about to run; 0: unknown */
	uint64_t returned;
	uint64_t stall; /* the longest call of a background thread around it; ns */
};

/* Durations of calls; the width of a bucket is at most 1/32 of its value (as in HdrHistogram). */
struct cost_histogram {
	uint64_t count, longest;
	uint32_t bucket[COST_BUCKETS];
};

static inline uint32_t cost_bucket_of(uint64_t ns)
{
	if (ns < 32)
		return (uint32_t)ns;
	uint32_t exponent = 63 - (uint32_t)__builtin_clzll(ns);
	uint32_t bucket = (exponent - 4) * 32 + (uint32_t)((ns >> (exponent - 5)) & 31);
	return bucket < COST_BUCKETS ? bucket : COST_BUCKETS - 1;
}

/* The shortest time that falls into the bucket. */
static inline uint64_t cost_bucket_floor(uint32_t bucket)
{
	if (bucket < 64)
		return bucket;
	return (uint64_t)(32 + bucket % 32) << (bucket / 32 - 1);
}

/* From /proc/PID/smaps_rollup, in bytes. */
struct cost_memory {
	uint32_t known; /* a bit for each field that the kernel reported, in order */
	uint32_t reserved;
	uint64_t private_dirty;
	uint64_t anonymous; /* resident, not backed by a file */
	uint64_t pss;       /* the same, each page divided by the number of its processes */
	uint64_t huge;
};
enum { COST_HAS_DIRTY = 1, COST_HAS_ANONYMOUS = 2, COST_HAS_PSS = 4, COST_HAS_HUGE = 8 };

/* Where a child stops to be measured. */
enum cost_stage {
	COST_STAGE_NONE,
	COST_STAGE_HANDLER,    /* in its first atfork handler, before the allocator's */
	COST_STAGE_FORKED,     /* fork() has returned */
	COST_STAGE_FIRST_CALL, /* one allocation */
	COST_STAGE_ALL_CALLS,  /* COST_CALLS of them */
	COST_STAGE_FREED,      /* COST_CALLS blocks of the parent's are freed */
	COST_STAGES
};

/* What one child, or the parent, measures of itself. */
struct cost_child {
	_Atomic uint32_t stage; /* futex: enum cost_stage, where it waits */
	_Atomic uint32_t go;    /* futex: it may go on up to that stage */
	_Atomic uint32_t done;  /* 1: it finished; the rest is valid */
	uint32_t reserved;
	uint64_t entered, handled; /* entry of the first handler, return of fork(); 0: no handler */
	uint64_t first_ns, full_ns;         /* of the first allocation; of all of them */
	uint64_t freed_ns;                  /* of freeing the parent's blocks */
	uint64_t first_faults, full_faults; /* page faults; of all allocations */
	uint64_t freed_faults;
	uint64_t own_faults; /* of the measuring code itself */
	void *block[COST_CALLS];
};

/* A block that a thread has freed. */
struct cost_cached {
	uint64_t at;
	uint32_t size;
	uint32_t thread;
};

/* How many of them are reused. */
struct cost_reuse {
	_Atomic uint32_t done; /* 1: the rest is valid */
	uint32_t blocks;       /* that were looked for */
	uint64_t bytes;        /* of them */
	uint64_t lost_bytes;   /* not reused by the one thread, */
	uint64_t lost_to_all;  /* nor by as many new threads as filled the caches */
	_Atomic uint8_t reused[SHM_WORKERS_MAX * COST_SIZES * COST_CACHED];
};

/* When memory is measured. */
enum cost_moment {
	COST_MOMENT_NO_CHILD,     /* there is no child */
	COST_MOMENT_FORKED,       /* COST_CHILDREN of them, just forked */
	COST_MOMENT_ALLOCATED,    /* each has made its allocations */
	COST_MOMENT_FREED,        /* and has freed blocks of the parent's */
	COST_MOMENT_PARENT_WROTE, /* the parent has replaced COST_CALLS blocks */
	COST_MOMENTS
};

/* A key-value heap, changed at a fixed rate while a child writes it, as at the fork, to a file. */
struct cost_snapshot {
	_Atomic uint32_t done; /* 1: all of it is valid */
	uint32_t write_error;  /* errno of a failed write; 0: none */
	uint64_t fork_ns;
	uint64_t took_ns;                         /* from the fork to the last byte */
	uint64_t file_bytes;                      /* written, and read again */
	uint64_t records;                         /* found correct in the file */
	uint64_t wrong;                           /* 1 + number of the first that is not; 0: none */
	uint64_t requests;                        /* served while the child lived */
	struct cost_memory before, parent, child; /* the parent alone; both after the last byte */
	struct cost_histogram calm, during;       /* requests: from due time to completion */
};

/* Results of one client. */
struct cost_client {
	uint64_t served;               /* complete and correct responses */
	uint64_t late;                 /* of those, the ones that took longer than COST_LATE_S */
	uint64_t cut;                  /* no connection, or it ended before the response did */
	uint64_t wrong;                /* complete responses with wrong bytes */
	uint64_t hung;                 /* requests without a response in COST_HUNG_S */
	struct cost_histogram latency; /* from the connection to the last byte of the response */
};

/* A server on the loopback interface: prefork forks a child per connection, pool a few at start. */
struct cost_service {
	_Atomic uint32_t go;   /* futex: the clients may begin */
	_Atomic uint32_t stop; /* 1: each client ends after its request */
	_Atomic uint32_t over; /* 1: no client is left: long-lived children exit */
	_Atomic uint32_t done; /* 1: all of it is valid */
	uint32_t port;
	uint32_t children; /* valid entries below */
	uint64_t took_ns;
	struct cost_memory child[COST_POOL]; /* of those that have served */
	struct cost_client client[COST_CLIENTS];
};

struct cost_shm {
	struct cost_plan plan;

	/* Written by the runner, read by its children. */
	uint32_t size[COST_CALLS];   /* of a child's allocations, bytes */
	void *inherited[COST_CALLS]; /* blocks of the parent; NULL: no more */
	uint32_t cached_blocks;      /* valid entries below, sorted by address; none twice */
	uint32_t cached_threads;
	struct cost_cached cached[SHM_WORKERS_MAX * COST_SIZES * COST_CACHED];
	struct cost_fork stamp;
	uint64_t longest_call[SHM_WORKERS_MAX];
	char scratch[1 << 16]; /* buffer for files */

	/* The result. */
	uint64_t clock_ns;            /* shortest interval between two clock reads */
	uint64_t spin_ns[COST_SPINS]; /* times of the same loop */
	uint32_t outermost;           /* 1: the runner's handlers enclose all others */
	uint32_t hung;                /* children that timed out */
	uint32_t failed;              /* children that did not exit as they should */
	uint32_t huge_failed;         /* errno if huge pages were not available; 0: they were */
	uint64_t heap_blocks;
	struct cost_memory built; /* the parent, with its heap, before any fork */
	uint32_t inherited_blocks;
	uint32_t unused;
	uint64_t operations, operations_ns; /* background calls, without a fork, not timed */
	struct cost_fork first;             /* of the whole heap, just written */
	uint32_t forks, bare_forks;         /* valid entries below */
	struct cost_fork fork[COST_FORKS];
	struct cost_fork bare[COST_FORKS]; /* by _Fork(): no handlers, no other work of libc */
	/* Background calls: without a fork, and during a fork or the life of its child. */
	struct cost_histogram calm[SHM_WORKERS_MAX], around[SHM_WORKERS_MAX];
	struct cost_child timed[COST_TIMED_CHILDREN];
	struct cost_memory copied[COST_STAGES]; /* of one child, stage by stage */
	struct cost_memory parent[2];           /* beside a child: before and after its calls */
	struct cost_memory memory[COST_MOMENTS][1 + COST_CHILDREN]; /* the parent's first */
	struct cost_child child[COST_CHILDREN];
	struct cost_snapshot snapshot;
	struct cost_service service;
	struct cost_reuse in_child, after_exit; /* of `cached`; after the threads have ended */
};

/* File offset: mappings begin at multiples of the page size. */
#define COST_SHM_OFFSET ((sizeof(struct shm) + 4095) / 4096 * 4096)
