/*
 * What a scenario's file gives to the runner: one const descriptor `scenario_<file name>`, with
 * every '-' of the file's name written '_'. A scenario includes this header and nothing else of
 * forklab's.
 *
 * Words: an *actor* is one thread of the workload: a worker, the main thread, or, after the fork,
 * the one thread of the child. Every call into the allocator goes through an actor, so that its
 * activity record always tells where it is.
 */
#ifndef FORKLAB_SCENARIO_H
#define FORKLAB_SCENARIO_H

#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { TASK_BLOCKS = 48 }; /* blocks that one actor keeps alive at a time */

/* One allocation and the pattern that it must hold. Only its owner changes it. */
struct block {
	_Atomic uint32_t live; /* 1: allocated and filled; in a child, safe to check and to free */
	uint32_t tag;          /* what the pattern is made from; differs from block to block */
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

struct recorder; /* of a trace */

struct task {
	struct activity *activity; /* where this actor says what it is doing */
	struct recorder *recorder; /* NULL: nothing is recorded */
	const struct heap_calls *heap;
	uint64_t random; /* state of lab_random() */
	uint32_t index;  /* workers count from 0; the main thread comes after the last worker */
	uint32_t next_tag;
	bool in_child;
	bool last_call; /* the process ends with the call into the allocator that is under way */
	struct block block[TASK_BLOCKS];
};

/* Who calls fork(). */
enum forking_thread {
	FORKER_MAIN,   /* the main thread, from scenario.fork */
	FORKER_WORKER, /* another thread: scenario.trigger makes it happen, the main thread sleeps
			*/
};

/* What a sweep steps through, and what the others do meanwhile. */
struct sequence {
	/*
	 * Parent, the stepped thread, once: always the same calls with the same sizes, the first
	 * ones of this thread. It may use the main thread's blocks (lab_parent_tasks()). It must
	 * not wait for another thread.
	 */
	void (*run)(struct task *worker);

	/* Instead of scenario.child. */
	void (*child)(struct task *me);

	/* Not 0: the stepped thread itself forks, in a handler of that signal; see scenario.fork.
	 */
	int signal;

	/*
	 * So many threads are there that allocators which give each thread an arena of its own must
	 * share them: the stepped thread and the forking one compete for the same locks.
	 */
	bool fill_arenas;

	/* The thread's end, with all its caches, is stepped as well. */
	bool thread_ends;

	/*
	 * The main thread goes through it, before anything else has allocated in this process
	 * since its main() began: there are no other threads and nobody's blocks. With `signal`
	 * only.
	 */
	bool first;

	/* It takes many seconds with some allocators: swept after the others. */
	bool is_long;
};

struct scenario {
	/* The name on the command line; equals the file's name. */
	const char *name;

	/* One sentence for `forklab list`. */
	const char *summary;

	enum forking_thread forker;

	/*
	 * Not in the table unless it is asked for: a special case, or a control, that would make
	 * the default table longer than it says more.
	 */
	bool optional;

	/* It uses lab_exec() or lab_spawn(): the page's descriptor stays open. */
	bool execs;

	/* Beside its trials the silent damage is looked for: plain work, and a plain fork. */
	bool heap_checked;

	/* The calls that workers and children use; NULL for the allocator's own. */
	const struct heap_calls *heap;

	/*
	 * Why it does not apply to this runner, a sentence for the user, or NULL: it does. Parent,
	 * main thread, once, before setup(). May be NULL.
	 */
	const char *(*unavailable)(void);

	/* Parent, main thread, once, before any worker: returns 0 or -errno. May be NULL. */
	int (*setup)(void);

	/*
	 * Parent, worker thread: one unit of background work of some microseconds; the engine calls
	 * it over and over and pauses the worker between two units. It must never wait for another
	 * worker without a bound, because that worker may be paused. NULL: there is no background
	 * work whose random moments could be hit, and the scenario is for sweeps only.
	 */
	void (*work)(struct task *worker);

	/*
	 * Parent, main thread, before each trial, the workers at rest: what the child is to find,
	 * a request for instance. Not in a sweep. May be NULL.
	 */
	void (*prepare)(struct task *main_task);

	/*
	 * FORKER_MAIN: parent, main thread: calls lab_fork() exactly once and returns, in both
	 * processes if the child is to resume. NULL: just that. The engine has aimed already.
	 */
	void (*fork)(struct task *main_task);

	/*
	 * FORKER_WORKER: parent, main thread: makes some other thread call lab_fork() exactly once,
	 * soon, and returns without waiting for it. Whoever knows the moment calls lab_aim() first.
	 */
	void (*trigger)(void);

	/*
	 * The main thread has nothing to do while the workers work (no lab_aim() in trigger): they
	 * may use its processor, too.
	 */
	bool main_sleeps;

	/*
	 * The child, in the forking thread, right after the fork: does the ladder. `me` is the
	 * child's own actor, with no blocks; lab_parent_tasks() gives what the other threads left
	 * behind. Returning means that every check passed. Allowed: the allocator under test
	 * through `me`, async-signal-safe calls, atomic stores (docs/child-rules.md).
	 */
	void (*child)(struct task *me);

	/*
	 * Set if the fork interrupts a call into the allocator (from a signal handler, from a
	 * wrapper): the child returns from lab_fork(), the interrupted call goes on, and when the
	 * unit of work or `fork` ends the engine calls this. NULL: the child ends after child().
	 */
	void (*child_resumed)(struct task *me);

	/*
	 * Parent, main thread, when the child is gone, the workers at rest: what has become of what
	 * prepare() prepared. `well`: it has ended as it should, so whatever it was to leave, an
	 * answer or a file, must be there, and is checked. Not in a sweep. May be NULL.
	 */
	void (*child_reaped)(struct task *main_task, bool well);

	/* For sweeps; NULL: the scenario cannot be swept. */
	const struct sequence *sequence;
};

/* ---- Actors: any thread, parent or child ---- */

/* The calling thread's actor. Async-signal-safe. */
struct task *lab_self(void);

/* The next random number of this actor, from the plan's seed (splitmix64). Async-signal-safe. */
uint64_t lab_random(struct task *task);

/* The same, reduced to 0 .. bound-1; `bound` must not be 0. */
uint32_t lab_random_below(struct task *task, uint32_t bound);

/* A size of the mixed workload, in bytes: mostly small, some medium, a few large. */
size_t lab_mixed_size(struct task *task);

/* Every actor of the parent, main thread last, for the child to read; count in *count. */
struct task *lab_parent_tasks(unsigned *count);

/*
 * The allocator's own calls, with the cure around them if the plan asks for one: what a wrapper in
 * struct heap_calls calls instead of malloc() and the like. Any thread, parent or child; set before
 * scenario.setup.
 */
extern const struct heap_calls *lab_heap;

/* ---- The allocator under test, recorded in the actor's activity record ---- */

void *lab_malloc(struct task *task, size_t size);
void *lab_calloc(struct task *task, size_t count, size_t size);
void *lab_realloc(struct task *task, void *block, size_t size);
void *lab_aligned_alloc(struct task *task, size_t alignment, size_t size);
void lab_free(struct task *task, void *block);

/* ---- Blocks with patterns ----
 *
 * Each of these ends the process with a recorded failure when a check does not hold: in the child
 * the trial's failure, in the parent parent_failure. A check that holds is counted.
 */

/* Allocates with `op` (malloc, calloc, aligned_alloc), checks what that call promises, fills. */
void lab_block_new(struct task *task, struct block *block, enum heap_op op, size_t size);

/* Checks the pattern. */
void lab_block_check(struct task *task, const struct block *block);

/* Checks, reallocates to `size`, checks that the common part was kept, fills it again. */
void lab_block_resize(struct task *task, struct block *block, size_t size);

/* Checks and frees. */
void lab_block_free(struct task *task, struct block *block);

/* ---- The child's ladder ---- */

/* Tells forklab which step begins. Child only. */
void lab_child_step(struct task *me, enum child_step step);

/* The usual steps in their fixed order, CHILD_STEP_SMALL to CHILD_STEP_THREAD. Child only. */
void lab_child_steps(struct task *me);

/* The same without CHILD_STEP_FREE_OTHERS: the child touches only what is its own. */
void lab_child_steps_own(struct task *me);

/* A short second round on what was just given back: CHILD_STEP_AGAIN. Child only. */
void lab_child_steps_again(struct task *me);

/*
 * Starts a thread, lets it do `work` with the same actor, and waits for its end: CHILD_STEP_THREAD.
 * NULL: it allocates and frees. Child only.
 */
void lab_thread(struct task *me, void (*work)(struct task *me));

/*
 * The next generation: the child forks with the plan's method. 0 in the new process, which is the
 * trial's child from then on and dies with its parent; there `me` goes on. In the old one its pid,
 * for lab_exit_as(). Child, main thread.
 */
pid_t lab_fork_nested(struct task *me);

/*
 * Waits for that process and ends as it ended, without exit(): the trial sees the end of the last
 * generation. The old process's main thread, after lab_fork_nested(); does not return.
 */
_Noreturn void lab_exit_as(pid_t pid);

/*
 * Another program instead of the child: the runner itself, which allocates a block, tells the page
 * that it was there, and ends. CHILD_STEP_EXEC. The caller's `argument` (NULL at the end) come
 * after its own and mean nothing to it; `environment` is all that it gets. Child, in a scenario
 * with `executes`; does not return: if execve fails, so does the child.
 */
_Noreturn void lab_exec(struct task *me, char *const argument[], char *const environment[]);

/* ---- Work and fork: parent ---- */

/* One unit of the standard background work: allocate, resize, check and free mixed sizes. */
void lab_mixed_work(struct task *worker);

/*
 * Sequences for sweeps. The long one goes through an allocator's slow paths: each size class of the
 * ladder, large blocks, growth in place and with a move, zeroed and aligned blocks, blocks of the
 * main thread's, caches that run over. The short one is one call of each kind, and the brief one is
 * for calls that are wrapped in much else.
 */
void lab_sequence_long(struct task *worker);
void lab_sequence_short(struct task *worker);
void lab_sequence_brief(struct task *worker);

/*
 * Forks with the plan's method. In the parent it returns at once, true. In the child it runs
 * scenario.child and ends the process; only when scenario.child_resumed is set it returns there,
 * false. Async-signal-safe as far as the fork method is.
 */
bool lab_fork(struct task *task);

/*
 * Forks with the plan's method on the side: a child that is gone at once, and waited for. What it
 * is there for is the handlers, while another thread makes the fork that counts. Nothing before the
 * first trial. Parent, worker thread.
 */
void lab_fork_concurrent(void);

/*
 * In the place of lab_fork(): posix_spawn() of the program of lab_exec(). Parent, main thread, in a
 * scenario with `executes`.
 */
void lab_spawn(struct task *task);

/*
 * Waits for the moment to fork: until another worker than `me` is inside the allocator (but not for
 * long), and then a random little more; when aiming is off, for a random time. Returns that worker,
 * or a random one. Parent, any thread that is about to have a fork made.
 */
struct task *lab_aim(struct task *me);

/* Sends a signal to the victim's thread. Parent, main thread. */
void lab_signal(struct task *victim, int signal);

/* The application's own lock, by name: see struct named_lock. Parent, before the first fork. */
void lab_name_lock(const char *name, const void *lock, uint32_t size, int32_t owner_offset);

/* That lock was taken, or is about to be given back: for traces, see allocator.h. */
void lab_note_lock_acquired(const void *lock);
void lab_note_lock_released(const void *lock);

/* An allocation began in one process and ended in another. Child, async-signal-safe. */
void lab_pid_changed(struct task *me);

/* Ends the process with that failure: FAILURE_NO_MEMORY, FAILURE_NO_THREAD. Parent or child. */
_Noreturn void lab_fail(struct task *task, enum failure_kind kind);

/* The runner's own failure, in words: the trial becomes `broken`. Parent only; does not return. */
_Noreturn void lab_broken(const char *why, int error);

#endif
