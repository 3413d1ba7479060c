/*
 * A fault is one way for an allocator to misbehave. The environment variable FORKLAB_FAULT chooses
 * it when the runner starts; without it the allocator is glibc's and harmless. A hook that is NULL
 * changes nothing. "Child": any process but the one that ran the constructors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault {
	const char *name;

	/* Before main(), in every runner, also in one that is only identified. */
	void (*at_start)(void);

	/* Parent: a worker's first malloc. That is before the first trial. */
	void (*in_worker)(void);

	/* Parent: a worker's third malloc. In a sweep the worker is being stepped then. */
	void (*while_stepped)(void);

	/* Parent, handlers of pthread_atfork(). */
	void (*before_fork)(void);
	void (*after_fork)(void);

	/* Parent, main thread: its first malloc after a fork, when its child is gone. */
	void (*in_parent)(void);

	/* Child: within its fifth malloc, once; or within its first. What it returns is ignored. */
	void (*in_child)(void);
	void (*in_child_at_once)(void);

	/* Child, from its fifth malloc on: instead of malloc and calloc. */
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);

	/* Child: instead of free. */
	void (*free)(void *block);

	/* Instead of malloc, in every process and from the start. */
	void *(*malloc_always)(size_t size);

	/* In every process: blocks of less than 64 bytes are 8-aligned. */
	bool misaligns;

	/* Child: changes what it sends or writes. */
	enum { OUTPUT_UNCHANGED, OUTPUT_CORRUPTED, OUTPUT_DROPPED } output;

	/* Child: it calls exit(). */
	void (*at_end)(void);

	/* What the allocator says its version is; NULL: "1". */
	const char *version;

	/* Its statistics do not count the calls of malloc and free. */
	bool foreign_statistics;
};

/* The chosen one. Never NULL. */
extern const struct fault *fault;

/*
 * Chooses the fault; ends the process if its name is unknown, since no fault would look like a
 * harmless one.
 */
void fault_choose(void);

/* All faults, by file; each list ends with a fault without a name. */
extern const struct fault faults_termination[]; /* end.c: processes that die */
extern const struct fault
	faults_stuck[]; /* stuck.c: processes that wait, forever or for a long time */
extern const struct fault faults_escape[]; /* flee.c: processes that do not want to be found */
extern const struct fault faults_damage[]; /* damage.c: wrong memory */
extern const struct fault
	faults_stepped[]; /* stepped.c: what a stepped thread may do to the tracer */
extern const struct fault faults_traced[];        /* traced.c: what a trace must show */
extern const struct fault faults_atfork[];        /* atfork.c: all kinds of handlers, for audits */
extern const struct fault faults_silent_damage[]; /* silent.c: what no trial notices */
extern const struct fault
	faults_corrupt_output[];          /* spoil.c: what a child writes is something else */
extern const struct fault faults_count[]; /* count.c: no fault; reports the number of calls */

/* ---- heap.c: the allocator itself ---- */

/* Calls so far; the child counts its own. */
struct heap_count {
	_Atomic unsigned malloc, calloc, realloc, aligned_alloc, free;
};
extern struct heap_count heap_count;

bool heap_in_child(void);

/* glibc's own, past all faults. */
void *heap_malloc(size_t size);
void *heap_calloc(size_t count, size_t size);

/* ---- page.c ---- */

/* What runner and forklab share; it is always found. */
struct shm *fault_shm(void);

/* What is behind the page when a trace is made; it is always found. */
struct event_log *fault_event_log(void);

/* ---- traced.c ---- */

/* What the allocator's checker says. */
bool fault_heap_is_sound(void);

/* ---- stuck.c ---- */

/* Waits forever, in a way that can be proven: a private futex without a timeout. */
_Noreturn void fault_hang(void);
