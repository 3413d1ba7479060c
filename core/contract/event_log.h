/*
 * What `forklab trace` records: a second mapping, behind the shm in the same file, for one trial.
 * Exists only if plan.trace is set.
 *
 * Writers: the runner's threads and its child, each thread into its own track, with plain stores
 * and the counts last (release). The process under test may corrupt all of it: forklab copies and
 * bounds everything that it reads here.
 */
#pragma once

#include "shm.h"

#include <stdatomic.h>
#include <stdint.h>

enum {
	EVENTS_PER_TRACK = 4096, /* the last so many of each track are kept */
	EVENT_FDS_MAX = 64,      /* descriptors in one fd_table */
	EVENT_LINK_MAX = 88,     /* link target of a descriptor, with its NUL */
	EVENT_HOLDS_MAX = 4,     /* locks that one thread holds at a time */
	EVENT_INHERITED_MAX = 64,
	EVENT_STEPS_MAX = 64, /* steps with a name of their own */
	/* The tracks of workers and main thread by task index, then the child's. */
	EVENT_TRACK_CHILD = SHM_WORKERS_MAX + 1,
	EVENT_TRACKS
};

enum event_kind {
	EVENT_NONE,
	EVENT_CALL,       /* into the allocator: op, size, address */
	EVENT_FORK,       /* fork() as its caller in the parent sees it; address: the child's pid */
	EVENT_LOCK_HELD,  /* a named lock, from acquisition to release; address */
	EVENT_CHILD_STEP, /* a child's step begins; op: enum child_step; size: see step_name */
	EVENT_KINDS
};

/* pid and tid from the kernel, at the beginning and at the end. */
struct event {
	uint32_t kind; /* enum event_kind */
	uint32_t op;
	uint64_t size;             /* bytes */
	uint64_t address;          /* of the block: what was returned, or what is freed */
	uint64_t begin_ns, end_ns; /* CLOCK_MONOTONIC */
	int32_t pid[2], tid[2];
	uint64_t reserved;
};
_Static_assert(sizeof(struct event) == 64, "one cache line");

/* What a thread has begun and not ended: valid while `on` is 1. end_ns is not set. */
struct open_event {
	_Atomic uint32_t on;
	uint32_t reserved;
	struct event event;
};

struct event_track {
	_Atomic uint64_t count; /* events so far; event[count % EVENTS_PER_TRACK] is the next */
	struct open_event call, fork, hold[EVENT_HOLDS_MAX];
	struct event event[EVENTS_PER_TRACK];
};

/* When descriptor table and heap are recorded. */
enum event_moment {
	EVENT_PARENT_BEFORE, /* the parent, before the fork; the workers are idle */
	EVENT_CHILD_BEFORE,  /* the child, first thing */
	EVENT_CHILD_AFTER,   /* the child, when its work is done */
	EVENT_PARENT_AFTER,  /* the parent, when the child is gone; the workers are idle */
	EVENT_MOMENTS
};

struct fd_entry {
	int32_t fd;
	char link[EVENT_LINK_MAX]; /* as /proc/self/fd has it */
};

/* The table of descriptors. */
struct fd_table {
	_Atomic uint32_t valid; /* 1: the rest is valid */
	int32_t pid;
	uint32_t count; /* of descriptors; more than EVENT_FDS_MAX: the rest is left out */
	struct fd_entry file[EVENT_FDS_MAX];
};

/* The heap according to the allocator's statistics, and the runner's live blocks. */
struct heap_state {
	_Atomic uint32_t valid; /* 1: the rest is valid */
	int32_t pid;
	uint32_t has_sizes;       /* 1: used_bytes and mapped_bytes are valid */
	uint32_t checked;         /* 1: the allocator has checked its heap, and */
	uint32_t sound;           /* 1: found it sound */
	uint32_t workers_running; /* workers that were not paused: their blocks are not checked */
	uint64_t used_bytes;
	uint64_t mapped_bytes;
	uint64_t blocks, block_bytes; /* the runner's live blocks */
	uint64_t damaged;             /* of them: pattern overwritten */
	char text[SHM_TEXT_MAX];      /* the allocator's message */
};

struct event_log {
	/*
	 * Calls in progress and locks held in the memory that the child inherited, by threads that
	 * do not exist in the child; `reserved` is the track of each.
	 */
	_Atomic uint32_t inherited; /* valid entries */
	struct event inheritance[EVENT_INHERITED_MAX];

	/* Of CHILD_STEP_NAMED: the event's size is the index of its name. Written by the child. */
	uint32_t steps; /* valid entries */
	char step_name[EVENT_STEPS_MAX][SHM_NAME_MAX];

	struct fd_table files[EVENT_MOMENTS];
	struct heap_state heap[EVENT_MOMENTS];
	struct event_track track[EVENT_TRACKS];
};

/* File offset: mappings begin at multiples of the page size. */
#define EVENT_LOG_OFFSET ((sizeof(struct shm) + 4095) / 4096 * 4096)
