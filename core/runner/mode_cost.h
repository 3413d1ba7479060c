/*
 * Inside of MODE_COST: what its files share. The code that measures allocates nothing while it
 * measures, and stores into the sheet only, which a fork does not copy.
 */
#ifndef FORKLAB_MODE_COST_H
#define FORKLAB_MODE_COST_H

#include "cost_shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The sheet behind the page, or NULL: then nothing is measured. Set before any other thread. */
extern struct cost_shm *cost_shm;

/* Maps the sheet behind the page in `fd`. 0 or -errno. Main thread, before any other. */
int cost_shm_attach(int fd);

/* Measures what the sheet asks for. Main thread; afterwards the process is of no more use. */
void mode_cost(void);

/* CLOCK_MONOTONIC_RAW in nanoseconds. Async-signal-safe. */
uint64_t cost_clock(void);

/* splitmix64 on that state, reduced to 0 .. bound-1. */
uint32_t cost_random_below(uint64_t *state, uint32_t bound);

/* A size of the one mix that heap, threads and children use; bytes. */
uint32_t cost_size(uint64_t *state);

/* ---- cost_handlers.c ---- */

/* Whether forklab's own atfork handlers were registered, before anybody else's could be. */
bool cost_handlers_outermost(void);

/* ---- cost_heap.c: the live heap ---- */

/* Makes room for the list of its blocks, for so many threads to fill. 0 or -errno. Main thread. */
int cost_heap_prepare(uint64_t bytes, uint32_t how_many);

/* Builds that thread's part of it: any thread, each its own. False: no memory. */
bool cost_heap_build(uint32_t part);

uint64_t cost_heap_blocks(void);

/*
 * So many blocks of it, evenly from all of its parts, each once; NULL for those that it does not
 * have. How many it has. Main thread, the others at rest.
 */
uint32_t cost_heap_sample(void **blocks, uint32_t many);

/* Replaces a random block of the heap by one of the same size, and writes to it. Main thread. */
void cost_heap_replace(uint64_t *state);

/*
 * The blocks as records: each is filled with what its number and version say. Main thread, the
 * others not in the heap's list.
 */
struct cost_record {
	void *at;
	uint32_t size, version;
};

/* Fills all blocks with their pattern. */
void cost_heap_fill(void);

/* Replaces a random record by the next version of it. */
void cost_heap_change(uint64_t *state);

/* Copies the list into records[most]; how many entries there are, with the gaps between the parts.
 */
uint64_t cost_heap_list(struct cost_record *records, uint64_t most);

/* Writes what the record must contain; and whether these bytes are that. */
void cost_record_fill(void *to, uint64_t number, uint32_t size, uint32_t version);
bool cost_record_holds(const void *at, uint64_t number, uint32_t size, uint32_t version);

/* ---- cost_snapshot.c ---- */

/* Runs the snapshot server once, with the background at work. Main thread. */
void cost_snapshot_serve(void);

/* ---- cost_clients.c ---- */

/* Makes the clients, which wait. Main thread, before there is a heap that they would inherit. */
void cost_clients_start(void);

/* True while one of them is there that was not reaped. Main thread, as the next two. */
bool cost_clients_running(void);

/* Reaps those that have ended; or that one was reaped, if it was a client. */
void cost_clients_reap(void);
void cost_clients_forget(pid_t pid);

/* Reads that many bytes; false: there are not so many. Any process, async-signal-safe. */
bool cost_socket_read(int fd, char *to, size_t size);

/* ---- cost_request.c ---- */

/*
 * A socket that listens on the plan's port of the loopback, with these flags for socket(); the
 * clients are told. Main thread.
 */
int cost_request_listen(int flags);

/* Reads a request, makes its answer and sends it. False: that failed. Child. */
bool child_serve_request(int connection);

/* Makes the answer to that request, COST_RESPONSE bytes. False: no memory. Child. */
bool child_make_response(char *answer, uint64_t number);

/* ---- cost_prefork.c, cost_pool.c ---- */

/* Each runs that server, with the background at work, and its clients. Main thread. */
void cost_prefork_serve(void);
void cost_pool_serve(void);

/* ---- cost_threads.c: the background ---- */

enum cost_phase {
	COST_PHASE_IDLE,  /* sleep */
	COST_PHASE_BUILD, /* build a part of the heap, then sleep */
	COST_PHASE_WORK,  /* allocate and free until told otherwise */
	COST_PHASE_TIMED, /* the same, and look at the clock around each call */
	COST_PHASE_CACHE, /* free some blocks of known sizes, then sleep */
	COST_PHASE_EXIT   /* end the thread */
};

/* Starts so many, at rest. 0 or -errno. Main thread. */
int cost_threads_start(uint32_t count);

/* Tells all of them, and waits until each has begun, or, of what has an end, ended. */
void cost_threads_set_phase(enum cost_phase what);

/* After COST_PHASE_EXIT. */
void cost_threads_join(void);

/* Background calls so far; without threads, those of cost_threads_run_self(). */
uint64_t cost_threads_operations(void);

/* Without threads the main thread is its own background: for so long, timed or not. */
void cost_threads_run_self(enum cost_phase what, uint64_t ns);

/* What a background call is that begins or ends now. */
enum cost_interval {
	COST_INTERVAL_QUIET,  /* without a fork */
	COST_INTERVAL_FORK,   /* around a fork: from its call to the end of its child */
	COST_INTERVAL_IGNORED /* of no account */
};
void cost_interval_set(enum cost_interval now);

/* The longest call around a fork since this was last asked. Main thread. */
uint64_t cost_interval_longest(void);

/* The sizes of the blocks of COST_PHASE_CACHE. */
extern const uint32_t cost_cached_size[COST_SIZES];

/* ---- cost_children.c: the parent's side ---- */

/*
 * Waits for that child, but not for ever: one that hangs is killed and counted. False: it hung, or
 * did not end as it should have.
 */
bool cost_child_reap(pid_t pid);

/* Chooses what children will allocate, and which blocks they will free. */
void cost_child_plan(void);

/* The children whose allocations are timed. */
void cost_measure_times(void);

/* Who copies which pages. */
void cost_measure_cow(void);

/* The memory of many children. */
void cost_measure_memory(void);

/* Who gets what the threads had in their caches: before they end, and after. */
void cost_measure_caches(void);

/* Adds a time to a histogram. */
void cost_histogram_record(struct cost_histogram *histogram, uint64_t ns);

/* Waits, not for ever, until a child stops at that stage; false: it has ended, or does not come. */
bool cost_child_wait_stage(pid_t pid, struct cost_child *child, enum cost_stage stage);

/* Whether that child has ended; it is not reaped. */
bool cost_child_has_exited(pid_t pid);

/* True while no child has hung, or ended as it should not. */
bool cost_children_ok(void);

/* A child that leads that life, and stops when it is at that stage. */
pid_t cost_child_fork(struct cost_child *child, uint32_t go, void (*run)(struct cost_child *));

/* ---- cost_child.c: all that runs in a child ---- */

/* Whose life the next child of fork() leads; set before it. NULL: one that ends at once. */
extern struct cost_child *cost_next_child;

/* The main thread's stack is in use up to there. */
extern uintptr_t cost_stack_top;

/* In its first handler. */
void child_first_handler(void);

/* After the fork: all that such a child does; ends it. */
_Noreturn void child_timed(struct cost_child *me);
_Noreturn void child_memory_stages(struct cost_child *me);
_Noreturn void child_search_caches(void);

/* The first thing of a life, with the time of the fork's return. */
void child_begin_measuring(struct cost_child *me, uint64_t now);

/* Waits there until the parent lets it go on. */
void child_stop(struct cost_child *me, enum cost_stage stage);

/*
 * Allocates, and looks for the cached blocks: in the calling thread, then in new ones, one after
 * the other. Also the parent does that.
 */
void child_search(struct cost_reuse *found);

/* ---- cost_memory.c ---- */

/* Looks at a process's memory. Nothing is known afterwards where the kernel does not tell. */
void cost_memory_read(pid_t pid, struct cost_memory *memory);

/* Makes huge pages of this process's private memory; 0 or -errno. */
int cost_memory_collapse(void);

#endif
