/*
 * What a scenario's file provides: one const descriptor `scenario_<file name>`, with every '-' of
 * the file name written '_'. A scenario includes this header and no other header of forklab. The
 * file is one of scenarios/, or any file that --scenario names.
 *
 * A *task* is one thread of the workload: a worker, the main thread, or, after the fork, the one
 * thread of the child. Every call into the allocator goes through a task, whose activity record
 * always says what the thread is doing.
 */
#pragma once

#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The symbol of a scenario file that says with which headers it was compiled (contract_hash.h
 * defines it there): const char [], the value of FORKLAB_CONTRACT.
 */
#define SCENARIO_CONTRACT_SYMBOL "forklab_scenario_contract"

enum { TASK_BLOCKS = 48 }; /* live blocks of one task */

/* One allocation and the pattern that it must hold. Only its owner changes it. */
struct block {
	_Atomic uint32_t live; /* 1: allocated and filled; in a child, safe to check and to free */
	uint32_t tag;          /* determines the pattern; differs from block to block */
	unsigned char *at;
	size_t size; /* bytes */
};

/* The calls into the allocator; a scenario may wrap them (a logger does). */
struct heap_calls {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *block, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	void (*free)(void *block);
};

struct recorder; /* for traces */

struct task {
	struct activity *activity; /* what this task is doing */
	struct recorder *recorder; /* NULL: nothing is recorded */
	const struct heap_calls *heap;
	uint64_t random; /* state of lab_random() */
	uint32_t index;  /* workers from 0; the main thread follows the last worker */
	uint32_t next_tag;
	bool in_child;
	bool last_call; /* the process ends when the current allocator call returns */
	struct block block[TASK_BLOCKS];
};

/* Which thread calls fork(). */
enum forking_thread {
	FORKER_MAIN,   /* the main thread, from scenario.fork */
	FORKER_WORKER, /* another thread: scenario.trigger starts it, the main thread sleeps */
};

/* What a sweep steps through. */
struct sequence {
	/*
	 * Parent, the stepped thread, once: always the same calls with the same sizes, the first
	 * ones of this thread. May use the main thread's blocks (lab_parent_tasks()). Must not wait
	 * for another thread.
	 */
	void (*run)(struct task *worker);

	/* Replaces scenario.child. */
	void (*child)(struct task *me);

	/* Parent, the stepped thread, once, before it is stepped. May be NULL. */
	void (*prepare)(struct task *worker);

	/*
	 * Not 0: at each fork point a copy of the process (a twin) gets that signal, and its
	 * handler forks (lab_fork()); or, if the sequence forks (lab_fork_interrupted()), it
	 * allocates (lab_handler_begins()).
	 */
	int signal;

	/*
	 * Starts so many threads that allocators with an arena per thread must share arenas: the
	 * stepped thread and the forking one then compete for the same locks.
	 */
	bool fill_arenas;

	/* The end of the thread, which flushes its caches, is stepped too. */
	bool thread_ends;

	/*
	 * The main thread runs it, before anything else allocates after main() began: there are no
	 * other threads and no blocks. Only with `signal`.
	 */
	bool first;

	/* Takes many seconds with some allocators: swept after the others. */
	bool is_long;
};

struct scenario {
	/* The name on the command line; equals the file's name. */
	const char *name;

	/* One sentence for `forklab list`. */
	const char *summary;

	enum forking_thread forker;

	/*
	 * Only run on request: a special case or a control, which would lengthen the default table
	 * more than it adds to it.
	 */
	bool optional;

	/* Uses lab_exec() or lab_spawn(): the descriptor of the shm stays open. */
	bool execs;

	/* Registers atfork handlers, with lab_register_atfork(). */
	bool registers_handlers;

	/* MODE_HEAP_CHECK applies: plain work, and a plain fork. */
	bool heap_checked;

	/* The calls that workers and children use; NULL for the allocator's own. */
	const struct heap_calls *heap;

	/*
	 * Returns NULL, or a sentence for the user that says why the scenario does not apply to
	 * this runner. Parent, main thread, once, before setup(). May be NULL.
	 */
	const char *(*unavailable)(void);

	/* Parent, main thread, once, before any worker: returns 0 or -errno. May be NULL. */
	int (*setup)(void);

	/*
	 * Parent, worker thread: one unit of background work of some microseconds; called in a
	 * loop, and the worker pauses between two units. Must not wait for another worker without a
	 * time limit, because that worker may be paused. NULL: no background work; the scenario is
	 * for sweeps only.
	 */
	void (*work)(struct task *worker);

	/*
	 * Parent, main thread, before each trial, with the workers paused: prepares what the child
	 * uses, such as a request. Not in a sweep. May be NULL.
	 */
	void (*prepare)(struct task *main_task);

	/*
	 * FORKER_MAIN: parent, main thread: calls lab_fork() exactly once and returns, in both
	 * processes if the child resumes. NULL: only that. lab_aim() has been called already.
	 */
	void (*fork)(struct task *main_task);

	/*
	 * FORKER_WORKER: parent, main thread: makes another thread call lab_fork() exactly once,
	 * soon, and returns without waiting for it. The one that picks the moment calls lab_aim().
	 */
	void (*trigger)(void);

	/*
	 * The main thread is idle while the workers work (no lab_aim() in trigger), so they may use
	 * its processor too.
	 */
	bool main_sleeps;

	/*
	 * The child, in the forking thread, right after the fork: the child steps. `me` is the
	 * child's task, without blocks; lab_parent_tasks() returns those of the parent's threads.
	 * Returning means that every check passed. Allowed: the allocator under test through `me`,
	 * async-signal-safe calls, atomic stores (docs/child-rules.md).
	 */
	void (*child)(struct task *me);

	/*
	 * Set if the fork interrupts a call into the allocator (from a signal handler, from a
	 * wrapper): the child returns from lab_fork(), completes the interrupted call, and calls
	 * this when the unit of work or `fork` ends. NULL: the child ends after child().
	 */
	void (*child_resumed)(struct task *me);

	/*
	 * Parent, main thread, after the child is reaped, with the workers paused: cleans up after
	 * prepare(). `well`: the child exited as it should, so its output, a response or a file,
	 * must exist and is checked. Not in a sweep. May be NULL.
	 */
	void (*child_reaped)(struct task *main_task, bool well);

	/* For sweeps; NULL: the scenario cannot be swept. */
	const struct sequence *sequence;
};

/* ---- Tasks: any thread, parent or child ---- */

/* The calling thread's task. Async-signal-safe. */
struct task *lab_self(void);

/* The task's next random number, from the plan's seed (splitmix64). Async-signal-safe. */
uint64_t lab_random(struct task *task);

/* The same, reduced to 0 .. bound-1; `bound` must not be 0. */
uint32_t lab_random_below(struct task *task, uint32_t bound);

/* A size of the mixed workload, in bytes: mostly small, some medium, a few large. */
size_t lab_mixed_size(struct task *task);

/* All tasks of the parent, main thread last, for the child to read; their number in *count. */
struct task *lab_parent_tasks(unsigned *count);

/*
 * The allocator's calls, with the plan's mitigation around them, if any. A wrapper in struct
 * heap_calls uses these instead of malloc() etc. Any thread, parent or child; set before
 * scenario.setup.
 */
extern const struct heap_calls *lab_heap;

/* ---- The allocator under test; calls are noted in the activity record ---- */

void *lab_malloc(struct task *task, size_t size);
void *lab_calloc(struct task *task, size_t count, size_t size);
void *lab_realloc(struct task *task, void *block, size_t size);
void *lab_aligned_alloc(struct task *task, size_t alignment, size_t size);
void lab_free(struct task *task, void *block);

/* ---- Blocks with patterns ----
 *
 * Each of these ends the process with a recorded failure if a check fails: trial.failure in the
 * child, parent_failure in the parent. Passed checks are counted.
 */

/* Allocates with `op` (malloc, calloc, aligned_alloc), checks the result, writes the pattern. */
void lab_block_new(struct task *task, struct block *block, enum heap_op op, size_t size);

/* Checks the pattern. */
void lab_block_check(struct task *task, const struct block *block);

/* Checks, reallocates to `size`, checks that the common part is intact, writes a new pattern. */
void lab_block_resize(struct task *task, struct block *block, size_t size);

/* Checks and frees. */
void lab_block_free(struct task *task, struct block *block);

/*
 * A check of the scenario: counts it if it holds, and otherwise ends the process with
 * FAILURE_CHECK. `what` says what should have been so, as in "localtime_r() returns the same
 * hour"; it is copied. A child in which no check of any kind ran is `broken`. Parent or child;
 * async-signal-safe.
 */
void lab_check(struct task *task, bool holds, const char *what);

/* ---- Child steps ---- */

/* Publishes which step begins. Child only. */
void lab_child_step(struct task *me, enum child_step step);

/*
 * The same for a step that enum child_step does not have: findings show the name, of which at most
 * SHM_NAME_MAX - 1 characters are copied. Child only, async-signal-safe.
 */
void lab_named_step(struct task *me, const char *name);

/* The usual steps in their fixed order, CHILD_STEP_SMALL to CHILD_STEP_THREAD. Child only. */
void lab_child_steps(struct task *me);

/* The same without CHILD_STEP_FREE_OTHERS: the child touches only its own blocks. */
void lab_child_steps_own(struct task *me);

/* A short second round on the memory just freed: CHILD_STEP_AGAIN. Child only. */
void lab_child_steps_again(struct task *me);

/*
 * Starts a thread that does `work` with the same task, and joins it: CHILD_STEP_THREAD. NULL: it
 * allocates and frees. Child only.
 */
void lab_thread(struct task *me, void (*work)(struct task *me));

/*
 * The child forks again, with the plan's method. Returns 0 in the new process, which is the trial's
 * child from then on, uses `me`, and dies with its parent; returns the new pid in the old process,
 * for lab_exit_as(). Child, main thread.
 */
pid_t lab_fork_nested(struct task *me);

/*
 * Waits for that process and ends with its status, without exit(), so the trial gets the status of
 * the last generation. The old process's main thread, after lab_fork_nested(); does not return.
 */
_Noreturn void lab_exit_as(pid_t pid);

/*
 * Executes another program: the runner itself, which allocates a block, notes that in the shm, and
 * exits. CHILD_STEP_EXEC. `argument` (NULL-terminated) follows its own arguments and is ignored;
 * `environment` is its whole environment. Child, in a scenario with `execs`; does not return: if
 * execve fails, so does the child.
 */
_Noreturn void lab_exec(struct task *me, char *const argument[], char *const environment[]);

/* ---- Work and fork: parent ---- */

/*
 * pthread_atfork(). A scenario must not call that function itself: in a static runner the call
 * alone can make the allocator register handlers that it does not have in other programs. 0 or an
 * errno. Parent, any thread, also before main().
 */
int lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

/* One unit of the standard background work: allocate, resize, check and free mixed sizes. */
void lab_mixed_work(struct task *worker);

/*
 * Sequences for sweeps. The long one takes an allocator's slow paths: each size class of the child
 * steps, large blocks, growth in place and with a move, zeroed and aligned blocks, blocks of the
 * main thread, cache overflows. The short one makes one call of each kind. The brief one is for
 * scenarios that wrap calls in much other code.
 */
void lab_sequence_long(struct task *worker);
void lab_sequence_short(struct task *worker);
void lab_sequence_brief(struct task *worker);

/*
 * Forks with the plan's method. Returns true in the parent, at once. The child runs scenario.child
 * and ends; it returns, with false, only if scenario.child_resumed is set. Async-signal-safe as far
 * as the fork method is.
 */
bool lab_fork(struct task *task);

/*
 * Forks a child that exits at once, and reaps it: runs the atfork handlers while another thread
 * makes the trial's fork. Does nothing before the first trial. Parent, worker thread.
 */
void lab_fork_concurrent(void);

/*
 * The fork of a sequence whose signal interrupts it: forks a child that exits at once, and reaps
 * it. In a twin whose handler has run, the child goes through the child steps instead, and then the
 * twin ends. Parent, the stepped thread.
 */
void lab_fork_interrupted(struct task *worker);

/*
 * A signal handler begins that allocates as `task`, whose thread it interrupts within fork() and
 * outside of any call into the allocator. To be called before the first of its allocations.
 * Async-signal-safe.
 */
void lab_handler_begins(struct task *task);

/*
 * Instead of lab_fork(): posix_spawn() of the program of lab_exec(). Parent, main thread, in a
 * scenario with `execs`.
 */
void lab_spawn(struct task *task);

/*
 * Waits for the moment to fork: until a worker other than `me` is inside the allocator (with a time
 * limit), and then a short random time; a random time if aiming is off. Returns that worker, or a
 * random one. Parent, any thread that is about to fork or to trigger the fork.
 */
struct task *lab_aim(struct task *me);

/* Sends a signal to the victim's thread. Parent, main thread. */
void lab_signal(struct task *victim, int signal);

/* Names a lock of the application: see struct named_lock. Parent, before the first fork. */
void lab_name_lock(const char *name, const void *lock, uint32_t size, int32_t owner_offset);

/* That lock was acquired, or is about to be released: for traces, see allocator.h. */
void lab_note_lock_acquired(const void *lock);
void lab_note_lock_released(const void *lock);

/* An allocation began in one process and ended in another. Child, async-signal-safe. */
void lab_pid_changed(struct task *me);

/* Ends the process with that failure: FAILURE_NO_MEMORY, FAILURE_NO_THREAD. Parent or child. */
_Noreturn void lab_fail(struct task *task, enum failure_kind kind);

/* Reports a failure of the runner: the trial becomes `broken`. Parent only; does not return. */
_Noreturn void lab_broken(const char *why, int error);
