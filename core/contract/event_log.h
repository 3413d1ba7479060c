/*
 * What `forklab trace` has recorded: a second mapping, behind the page in the same memory, for one
 * trial. There only if plan.trace is set.
 *
 * Who may write: the runner's threads and its child, each thread into a track of its own, with
 * plain stores and the counts last (release). The process under test may scribble on all of it:
 * forklab copies and bounds whatever it reads here.
 */
#ifndef FORKLAB_EVENT_LOG_H
#define FORKLAB_EVENT_LOG_H

#include "shm.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
	TRACE_EVENTS = 4096, /* of each track: the last so many are kept */
	TRACE_FILES = 64,    /* descriptors of one look */
	TRACE_LINK_MAX = 88, /* what a descriptor stands for, with its NUL */
	TRACE_HOLDS = 4,     /* locks that one thread holds at a time */
	TRACE_INHERITED = 64,
	/* The workers' and the main thread's tracks by their actors' indices, then the child's. */
	TRACE_CHILD = PAGE_WORKERS_MAX + 1,
	TRACE_TRACKS
};

enum trace_kind {
	TRACE_NONE,
	TRACE_CALL, /* into the allocator: op, size, address */
	TRACE_FORK, /* fork() as its caller in the parent sees it; address: the child's pid */
	TRACE_HOLD, /* a lock that has a name, from being taken to being given back; address */
	TRACE_STEP, /* a child's step begins; op: enum child_step */
	TRACE_KINDS
};

/* pid and tid as the kernel tells them, at the beginning and at the end. */
struct trace_event {
	uint32_t kind; /* enum trace_kind */
	uint32_t op;
	uint64_t size;             /* bytes */
	uint64_t address;          /* of the block: what was returned, or what is freed */
	uint64_t begin_ns, end_ns; /* CLOCK_MONOTONIC */
	int32_t pid[2], tid[2];
	uint64_t reserved;
};
_Static_assert(sizeof(struct trace_event) == 64, "one cache line");

/* What a thread has begun and not ended: valid while `on` is 1. Has no end yet. */
struct trace_open {
	_Atomic uint32_t on;
	uint32_t reserved;
	struct trace_event event;
};

struct trace_track {
	_Atomic uint64_t count; /* events so far; event[count % TRACE_EVENTS] is the next */
	struct trace_open call, fork, hold[TRACE_HOLDS];
	struct trace_event event[TRACE_EVENTS];
};

/* The moments at which a look is taken. */
enum trace_moment {
	TRACE_PARENT_BEFORE, /* the parent, before the fork; the workers are at rest */
	TRACE_CHILD_BEFORE,  /* the child, first thing */
	TRACE_CHILD_AFTER,   /* the child, when its work is done */
	TRACE_PARENT_AFTER,  /* the parent, when the child is gone; the workers are at rest */
	TRACE_MOMENTS
};

struct trace_file {
	int32_t fd;
	char link[TRACE_LINK_MAX]; /* as /proc/self/fd has it */
};

/* The table of descriptors. */
struct trace_files {
	_Atomic uint32_t looked; /* 1: the rest is valid */
	int32_t pid;
	uint32_t count; /* of descriptors; more than TRACE_FILES: the rest is left out */
	struct trace_file file[TRACE_FILES];
};

/* The heap: as the allocator sees it, and as forklab's own blocks do. */
struct trace_heap {
	_Atomic uint32_t looked; /* 1: the rest is valid */
	int32_t pid;
	uint32_t told;     /* 1: the allocator tells used_bytes */
	uint32_t checked;  /* 1: the allocator has checked its heap, and */
	uint32_t sound;    /* 1: found it sound */
	uint32_t unrested; /* workers that were not at rest: their blocks are not looked at */
	uint64_t used_bytes;
	uint64_t mapped_bytes;
	uint64_t blocks, block_bytes; /* forklab's own that are live */
	uint64_t damaged;             /* of them: their pattern does not hold */
	char text[PAGE_TEXT_MAX];     /* the allocator's words */
};

struct trace {
	/*
	 * What was under way in the memory that the child inherited: calls and holds of the other
	 * threads', which nobody will ever end there; `reserved` is the track of each.
	 */
	_Atomic uint32_t inherited; /* valid entries */
	struct trace_event inheritance[TRACE_INHERITED];

	struct trace_files files[TRACE_MOMENTS];
	struct trace_heap heap[TRACE_MOMENTS];
	struct trace_track track[TRACE_TRACKS];
};

/* Where it begins in the memory of the page: mappings begin at multiples of 4096. */
#define TRACE_OFFSET ((sizeof(struct page) + 4095) / 4096 * 4096)

#endif
