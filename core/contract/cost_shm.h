/*
 * What `forklab cost` measures: a second mapping, behind the page in the same memory. There only in
 * MODE_COST.
 *
 * forklab writes `plan` before the runner starts; the runner and its children write the rest, with
 * plain stores; the words marked "futex" are waited for through the shared mapping. It is shared on
 * purpose: what is stored here is never copied by a fork, so measuring dirties no page of the
 * process that is measured. The process under test may scribble on all of it: forklab copies and
 * bounds whatever it reads here.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC_RAW.
 */
#ifndef FORKLAB_COST_SHM_H
#define FORKLAB_COST_SHM_H

#include "shm.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
	COST_FORKS = 64,         /* timed forks of each kind */
	COST_FORKS_MIN = 4,      /* as many are made, however long they take */
	COST_TIMED_CHILDREN = 7, /* children whose allocations are timed */
	COST_CHILDREN = 8,       /* that live at a time, when memory is looked at */
	COST_CALLS = 1000,       /* allocations of a child; blocks that it frees, that the parent
				    replaces */
	COST_SIZES = 3,          /* sizes of the blocks that threads leave in their caches, */
	COST_CACHED = 32,        /* and blocks of each */
	COST_CLIENTS = 4,        /* of the servers on the loopback */
	COST_POOL = 4,           /* children of the pool server */
	COST_SERVE_MS = 400,     /* that clients make requests */
	COST_RESPONSE = 4096,    /* bytes of an answer */
	COST_SPINS = 24,         /* how often the same piece of work is timed */
	COST_BUCKETS = 1216,     /* of a histogram: up to 2^42 ns */
};

/* The server that is also run in the measured process. */
enum cost_server {
	COST_NO_SERVER,
	COST_SNAPSHOT_SERVER,
	COST_PREFORK_SERVER,
	COST_POOL_SERVER,
	COST_SERVERS
};

struct cost_plan {
	uint64_t heap_bytes; /* live blocks, as asked for */
	uint32_t round;      /* counted from 0; the tests' allocators go by it */
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
	uint64_t prepared; /* the last prepare handler is done; 0: no such stamp */
	uint64_t parent;   /* the first parent handler is about to run; 0: no such stamp */
	uint64_t returned;
	uint64_t stall; /* the longest call of a background thread around it; ns */
};

/*
 * How long calls took: a bucket is at most 1/32 wide of what it stands for (log-linear, as in
 * HdrHistogram).
 */
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

/* The least time that falls into the bucket. */
static inline uint64_t cost_bucket_floor(uint32_t bucket)
{
	if (bucket < 64)
		return bucket;
	return (uint64_t)(32 + bucket % 32) << (bucket / 32 - 1);
}

/* A look at /proc/PID/smaps_rollup; bytes. */
struct cost_memory {
	uint32_t known; /* a bit for each of the fields that the kernel told, in their order */
	uint32_t reserved;
	uint64_t private_dirty;
	uint64_t anonymous; /* resident, of no file */
	uint64_t pss;       /* the same, each page divided by how many processes map it */
	uint64_t huge;
};
enum { COST_HAS_DIRTY = 1, COST_HAS_ANONYMOUS = 2, COST_HAS_PSS = 4, COST_HAS_HUGE = 8 };

/* Where a child stops to be looked at. */
enum cost_stage {
	COST_STAGE_NONE,
	COST_STAGE_HANDLER,    /* in its very first handler, before those of the allocator */
	COST_STAGE_FORKED,     /* fork() has returned */
	COST_STAGE_FIRST_CALL, /* one allocation */
	COST_STAGE_ALL_CALLS,  /* COST_CALLS of them */
	COST_STAGE_FREED,      /* COST_CALLS blocks of the parent's are freed */
	COST_STAGES
};

/* What one child, or the parent, found out about itself. */
struct cost_child {
	_Atomic uint32_t stage; /* futex: enum cost_stage, where it waits */
	_Atomic uint32_t go;    /* futex: it may go on up to that stage */
	_Atomic uint32_t done;  /* 1: it came to its end; the rest is valid */
	uint32_t reserved;
	uint64_t entered, handled;          /* the first handler, and fork() returns; 0: none ran */
	uint64_t first_ns, full_ns;         /* of the first allocation; of all of them */
	uint64_t freed_ns;                  /* of freeing the parent's blocks */
	uint64_t first_faults, full_faults; /* page faults; of all allocations */
	uint64_t freed_faults;
	uint64_t own_faults; /* of the measuring code, when it measures nothing */
	void *block[COST_CALLS];
};

/* A block that a thread has freed. */
struct cost_cached {
	uint64_t at;
	uint32_t size;
	uint32_t thread;
};

/* How many of them somebody got again. */
struct cost_reuse {
	_Atomic uint32_t done; /* 1: the rest is valid */
	uint32_t blocks;       /* that were looked for */
	uint64_t bytes;        /* of them */
	uint64_t lost_bytes;   /* of those that did not come back to the one thread, */
	uint64_t lost_to_all;  /* nor to as many new threads as have filled the caches */
	_Atomic uint8_t reused[SHM_WORKERS_MAX * COST_SIZES * COST_CACHED];
};

/* The moments at which memory is looked at. */
enum cost_moment {
	COST_MOMENT_NO_CHILD,     /* no child */
	COST_MOMENT_FORKED,       /* COST_CHILDREN of them, just forked */
	COST_MOMENT_ALLOCATED,    /* each has made its allocations */
	COST_MOMENT_FREED,        /* and freed blocks of the parent's */
	COST_MOMENT_PARENT_WROTE, /* the parent has replaced COST_CALLS blocks */
	COST_MOMENTS
};

/*
 * A key-value heap that is changed at a fixed rate while a child writes it to a file, as it was at
 * the fork.
 */
struct cost_snapshot {
	_Atomic uint32_t done; /* 1: all of it is valid */
	uint32_t write_error;  /* errno with which the child could not write; 0: none */
	uint64_t fork_ns;
	uint64_t took_ns;    /* from the fork to the last byte */
	uint64_t file_bytes; /* written, and read again */
	uint64_t records;    /* that were found in the file as they must be */
	uint64_t wrong;      /* 1 + number of the first that was not; 0: none */
	uint64_t requests;   /* served while the child lived */
	struct cost_memory before, parent, child; /* parent alone; both when all is written */
	struct cost_histogram calm, during;       /* requests: from when each was due to its end */
};

/* What one client of such a server has seen. */
struct cost_client {
	uint64_t served;               /* requests that were answered as they must be */
	uint64_t wrong;                /* answers that were not, or not whole */
	uint64_t hung;                 /* requests without any answer in time */
	struct cost_histogram latency; /* from the connection to the last byte of the answer */
};

/* A server on the loopback: prefork forks a child for each connection, pool a few beforehand. */
struct cost_service {
	_Atomic uint32_t go;   /* futex: the clients may begin */
	_Atomic uint32_t stop; /* 1: each ends after its request */
	_Atomic uint32_t over; /* 1: no client is left: long-lived children end */
	_Atomic uint32_t done; /* 1: all of it is valid */
	uint32_t port;
	uint32_t children; /* valid entries below */
	uint64_t took_ns;
	struct cost_memory child[COST_POOL]; /* of those that have served */
	struct cost_client client[COST_CLIENTS];
};

struct cost_shm {
	struct cost_plan plan;

	/* The runner's own: its children read it. */
	uint32_t size[COST_CALLS];   /* of a child's allocations, bytes */
	void *inherited[COST_CALLS]; /* blocks of the parent's; NULL: it has no more */
	uint32_t cached_blocks;      /* valid entries below, sorted by address; none twice */
	uint32_t cached_threads;
	struct cost_cached cached[SHM_WORKERS_MAX * COST_SIZES * COST_CACHED];
	struct cost_fork stamp;
	uint64_t longest_call[SHM_WORKERS_MAX];
	char scratch[1 << 16]; /* where files are read to */

	/* The result. */
	uint64_t clock_ns;            /* the least that two looks at the clock are apart */
	uint64_t spin_ns[COST_SPINS]; /* the same piece of work, again and again */
	uint32_t outermost;           /* 1: forklab's handlers are around all others */
	uint32_t hung;                /* children that did not come to their end in time */
	uint32_t failed;              /* children that ended in another way than they should */
	uint32_t huge_failed;         /* errno of what should have made huge pages; 0: it did */
	uint64_t heap_blocks;
	struct cost_memory built; /* the parent, with its heap, before any fork */
	uint32_t inherited_blocks;
	uint32_t unused;
	uint64_t operations, operations_ns; /* background calls, without a fork, not timed */
	struct cost_fork first;             /* of the whole heap, just written */
	uint32_t forks, bare_forks;         /* valid entries below */
	struct cost_fork fork[COST_FORKS];
	struct cost_fork bare[COST_FORKS]; /* by _Fork(): no handler, none of libc's own work */
	/* Background calls: while there is no fork, and while there is one or its child. */
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

/* Where it begins in the memory of the page: mappings begin at multiples of 4096. */
#define COST_SHM_OFFSET ((sizeof(struct shm) + 4095) / 4096 * 4096)

#endif
