/*
 * The shm (shared page): the only channel between forklab and a runner.
 *
 * forklab creates it (memfd), fills `plan`, and starts the runner with the descriptor's number on
 * its command line. The runner maps it and writes everything else. There is no pipe to parse, and
 * nothing is lost when a process dies in the middle of a write.
 *
 * Writers: forklab writes the header and `plan` before the runner starts, `stop` and
 * `pause_request` at any time, and resets a trial to TRIAL_FREE; the runner's threads and the
 * forked children write the rest. The process under test may corrupt all of it: forklab copies,
 * bounds and sanitizes everything that it reads here, and never follows a pointer or an index from
 * the shm unchecked.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SHM_MAGIC   UINT64_C(0x3142414c4b524f46) /* "FORKLAB1", little-endian */
#define SHM_VERSION 1u

/*
 * The hash of the contract headers: builds in which they differ are incompatible. CMake passes it
 * to the files of forklab; the installed headers have a file that defines it, for scenario files.
 */
#if !defined(FORKLAB_CONTRACT) && __has_include("contract_hash.h")
#include "contract_hash.h"
#endif
#ifndef FORKLAB_CONTRACT
#define FORKLAB_CONTRACT "unversioned"
#endif

enum {
	SHM_NAME_MAX = 32,  /* name of a scenario, allocator or lock, with its NUL */
	SHM_TEXT_MAX = 160, /* a sentence with its NUL */
	SHM_PATH_MAX = 256,
	SHM_SCENARIOS_MAX = 64,
	SHM_LOCKS_MAX = 32,
	SHM_WORKERS_MAX = 32,
	SHM_TIMED_MAX = 16, /* prepare handlers that an audit times at most */
	SHM_TRIALS = 64,    /* ring size: trials that the runner may be ahead of forklab */
};

/*
 * In a sweep several children run at a time, and each prints into its own range of the output file:
 * bytes for the runner, followed by bytes for the child in each slot of the ring.
 */
enum { SHM_OUTPUT_RUNNER = 1 << 20, SHM_OUTPUT_CHILD = 1 << 16 };

/* What the runner was started for. */
enum run_mode {
	MODE_DESCRIBE,        /* prove the identity, list the scenarios, exit */
	MODE_STRESS,          /* trials at random moments */
	MODE_SWEEP,           /* one worker is stepped, forks are made on request */
	MODE_BASELINE,        /* lower bound for the bench: the same trials without any worker */
	MODE_AUDIT,           /* one traced fork, then each prepare handler on its own */
	MODE_COST,            /* what a fork costs: see cost_shm.h */
	MODE_MITIGATION_COST, /* no trials: how fast the workers are, and how long fork() takes */
	MODE_HEAP_CHECK,      /* no trials: damage by a fork that no trial notices */
};

/* How the child is made. The names are in METHOD_NAMES. */
enum fork_method { METHOD_FORK, METHOD__FORK, METHOD_CLONE, METHOD_COUNT };
#define METHOD_NAMES "fork", "_Fork", "clone"

/* What the application does for an allocator without handlers. Names: MITIGATION_NAMES. */
enum mitigation {
	MITIGATION_NONE,
	MITIGATION_QUIESCE, /* fork() waits until no thread is inside the allocator */
	MITIGATION_COUNT
};
#define MITIGATION_NAMES "none", "quiesce"

/* The allocator call that a task is in, or was in last. The names are in OP_NAMES. */
enum heap_op { OP_NONE, OP_MALLOC, OP_CALLOC, OP_REALLOC, OP_ALIGNED_ALLOC, OP_FREE, OP_COUNT };
#define OP_NAMES "none", "malloc", "calloc", "realloc", "aligned_alloc", "free"

/* What a child does, in order. The names are in CHILD_STEP_NAMES. */
enum child_step {
	CHILD_STEP_NONE,
	CHILD_STEP_START,       /* the first instructions after fork() returned 0 */
	CHILD_STEP_SMALL,       /* malloc of small sizes */
	CHILD_STEP_MEDIUM,      /* malloc of sizes that thread caches usually do not hold */
	CHILD_STEP_LARGE,       /* malloc of a size that usually gets its own mapping */
	CHILD_STEP_CALLOC,      /* calloc, and the memory really is zero */
	CHILD_STEP_REALLOC,     /* realloc that grows and shrinks, content kept */
	CHILD_STEP_ALIGNED,     /* aligned_alloc, and the address really is aligned */
	CHILD_STEP_VERIFY,      /* all own blocks still hold their pattern */
	CHILD_STEP_FREE_OWN,    /* free of the child's own blocks */
	CHILD_STEP_FREE_OTHERS, /* free of blocks that other threads allocated before the fork */
	CHILD_STEP_THREAD,      /* start of a thread that allocates and frees, and its end */
	CHILD_STEP_AGAIN,       /* a second round of malloc and free on freed memory */
	CHILD_STEP_RESUME,      /* the call that the fork interrupted is completed in the child */
	CHILD_STEP_LOOK,        /* traces: records heap statistics and the descriptor table */
	CHILD_STEP_PRINT,       /* stdio: a hazard of the application, not of the allocator */
	CHILD_STEP_LOAD,        /* the dynamic loader: dlsym */
	CHILD_STEP_SERVE,       /* a server's child: a request and its answer */
	CHILD_STEP_SAVE,        /* a server's child: a snapshot of the parent's records */
	CHILD_STEP_DEEPER,      /* the child forks, or waits for a child of its own */
	CHILD_STEP_EXEC,        /* execve(), and the program that was executed */
	CHILD_STEP_NAMED,       /* the scenario has named it: trial.step_name */
	CHILD_STEP_EXIT,        /* exit(): handlers, destructors, the end */
	CHILD_STEP_COUNT
};
#define CHILD_STEP_NAMES                                                                           \
	"none", "start", "small", "medium", "large", "calloc", "realloc", "aligned", "verify",     \
		"free-own", "free-others", "thread", "again", "resume", "look", "print", "load",   \
		"serve", "save", "deeper", "exec", "named", "exit"

/* What a check in the runner found. The names are in FAILURE_NAMES. */
enum failure_kind {
	FAILURE_NONE,
	FAILURE_OVERWRITTEN, /* a block does not hold its pattern: overlap, or a stray write */
	FAILURE_NOT_ZERO,    /* calloc returned memory that is not zero */
	FAILURE_MISALIGNED,  /* an address that does not satisfy the alignment asked for */
	FAILURE_NO_MEMORY,   /* the allocator returned NULL */
	FAILURE_NO_THREAD,   /* a thread could not be started */
	FAILURE_COMPLAINT,   /* the allocator's checker reported damage (teaching allocators) */
	FAILURE_CHECK,       /* a check of the scenario itself: lab_check() */
	FAILURE_ENGINE,      /* a failure of the runner, never the allocator's */
	FAILURE_COUNT
};
#define FAILURE_NAMES                                                                              \
	"none", "overwritten", "not zero", "misaligned", "no memory", "no thread", "complaint",    \
		"check", "engine"

/*
 * What one thread is doing: one writer, any number of readers. `progress` grows with every event;
 * `inside` is 1 between the call into the allocator and its return.
 */
struct activity {
	_Atomic uint64_t progress;
	_Atomic uint64_t at_ns; /* CLOCK_MONOTONIC of the last event; children only, else 0 */
	_Atomic uint64_t size;  /* bytes asked for by `op`; 0 for free */
	_Atomic uint32_t op;    /* enum heap_op */
	_Atomic uint32_t step;  /* enum child_step */
	_Atomic uint32_t inside;
	_Atomic int32_t pid;
	_Atomic int32_t tid;
};

/* Where a worker was at the fork: copied by the child from its inherited, private memory. */
struct worker_state {
	int32_t tid;
	uint32_t op;     /* enum heap_op */
	uint32_t inside; /* 1: within the allocator when the memory was copied */
	uint32_t reserved;
	uint64_t size; /* bytes */
};

struct failure {
	_Atomic uint32_t kind; /* enum failure_kind, stored last (release) */
	uint32_t step;         /* enum child_step */
	uint64_t address;
	uint64_t size;
	char text[SHM_TEXT_MAX]; /* FAILURE_COMPLAINT: the allocator's message; FAILURE_CHECK:
				  * what should have been so */
};

/*
 * The runner moves a trial through TRIAL_FREE -> AIMING -> FORKING -> CHILD -> PARENT -> DONE;
 * forklab sets it from DONE to FREE once it is judged.
 */
enum trial_state {
	TRIAL_FREE,
	TRIAL_AIMING,  /* waiting for the moment to fork */
	TRIAL_FORKING, /* inside fork(), in the parent */
	TRIAL_CHILD,   /* the child runs, the workers are asked to pause */
	TRIAL_PARENT,  /* the child is gone; the parent checks that it can still allocate */
	TRIAL_DONE     /* to be judged */
};

struct trial {
	_Atomic uint32_t state; /* enum trial_state */
	uint32_t number;        /* counted from 0 in the whole cell; in a sweep: the fork point */
	uint32_t exits_at_once; /* sweep: 1: the child exits at once, only its fork matters */
	uint32_t
		childless; /* sweep: 1: the twin got its signal after its fork had made the child */
	_Atomic int32_t parent_pid; /* sweep: the process that forks */
	_Atomic int32_t forker_tid;
	_Atomic int32_t child_pid;
	int32_t wait_status; /* of the child, as from waitpid(); valid in TRIAL_PARENT and after */
	int32_t orphan_pid;  /* a process that the child left behind; 0: none */
	uint32_t aimed;      /* 1: a worker was seen inside the allocator right before the fork */
	_Atomic uint32_t checks;      /* checks that the child passed */
	_Atomic uint32_t pid_changes; /* allocations that ended in another process */
	uint32_t workers;             /* valid entries of worker[] */
	uint64_t begin_ns;            /* CLOCK_MONOTONIC */
	uint64_t end_ns;
	uint64_t output_begin; /* what was printed during the trial, as offsets of standard error */
	uint64_t output_end;
	struct activity child;
	struct activity parent; /* the forking thread, after the fork returned to it */
	struct failure failure; /* found by the child */
	/* Of CHILD_STEP_NAMED. Terminated, and written before child.step. */
	char step_name[SHM_NAME_MAX];
	struct worker_state worker[SHM_WORKERS_MAX];
};

/*
 * A lock with a known name: a teaching allocator's, the logger's. Published in the parent before
 * any fork. `owner_offset` is the offset of the owner's tid (int32_t) from `address`, or -1.
 */
struct named_lock {
	char name[SHM_NAME_MAX];
	uint64_t address;
	uint32_t size; /* bytes */
	int32_t owner_offset;
	uint32_t of_allocator; /* 1: the allocator's; 0: the application's, such as a logger's */
	uint32_t reserved;
};

/* What forks in a sweep. */
enum sweep_kind {
	SWEEP_NONE,   /* nothing: the scenario has no sequence */
	SWEEP_FORKER, /* the main thread, when forklab asks for it */
	SWEEP_SIGNAL, /* the stepped thread or its signal handler, in twins of the process */
};

enum sweep_request {
	REQUEST_FORK, /* fork now, for the trial in that slot; exited children are reaped first */
	REQUEST_END,  /* the sweep is over: check that the parent still works, and exit */
};

/*
 * Between forklab and the runner in a sweep. The words marked "futex" are used through the shared
 * mapping (no FUTEX_PRIVATE_FLAG).
 */
struct shm_sweep {
	/* The runner, before `ready`. */
	uint32_t kind;            /* enum sweep_kind */
	int32_t signal;           /* SWEEP_SIGNAL: which */
	uint64_t shm;             /* address of this shm in the runner */
	uint64_t stack_top;       /* of the worker: its stack lies below */
	_Atomic uint32_t ready;   /* 1: the worker waits for `go` */
	_Atomic uint32_t go;      /* forklab; futex: the worker may begin */
	_Atomic uint32_t begun;   /* the worker: its sequence begins with the next instruction */
	_Atomic uint32_t over;    /* the worker: its sequence has ended */
	uint32_t thread_ends;     /* the sequence includes the end of the thread */
	struct activity activity; /* the worker's; it does not change while it is read */

	/* One request at a time; `request` is stored last, and `answered` when it is done. */
	uint32_t request_kind;     /* enum sweep_request */
	uint32_t slot;             /* of the trial, for REQUEST_FORK */
	_Atomic uint32_t request;  /* futex: its number, counted from 1 */
	_Atomic uint32_t answered; /* futex: number of the last request that is done */
};

/* A prepare handler and its parent handler, to be called in turn. */
struct timed_pair {
	uint64_t prepare, parent; /* forklab: their addresses */
	uint64_t median_ns;       /* the runner: of the prepare handler */
};

/* For an audit of the atfork handlers. Futexes as in a sweep. */
struct shm_audit {
	/* The runner, before `ready`. */
	uint64_t shm;       /* address of this shm in the runner */
	uint64_t malloc_at; /* addresses of the malloc under test and of fork() */
	uint64_t fork_at;
	uint64_t marker[3];     /* the application's prepare, parent and child handlers */
	_Atomic uint32_t ready; /* 1: the main thread waits for `go` */
	_Atomic uint32_t go;    /* forklab; futex: fork */

	_Atomic uint32_t forked; /* the runner: fork() has returned, and the child is reaped */
	_Atomic uint32_t pairs;  /* forklab; futex: 1 + how many of pair[] are to be timed */
	_Atomic uint32_t timed;  /* the runner: how many of them are done */
	struct timed_pair pair[SHM_TIMED_MAX];
};

/*
 * The shared object whose malloc must be used (--preload), identified by the file and not by its
 * name. path[0] is 0 if the runner is linked with its allocator.
 */
struct plan_object {
	char path[SHM_PATH_MAX];    /* absolute, as passed to the loader */
	char version[SHM_NAME_MAX]; /* used if the allocator has no call that returns it */
	uint64_t device, inode;     /* st_dev, st_ino */
};

/*
 * How blocks are aligned. One entry for malloc and calloc, then one for each alignment that is
 * asked of aligned_alloc.
 */
enum { ALIGNMENT_MALLOC, ALIGNMENT_64, ALIGNMENT_128, ALIGNMENT_4096, ALIGNMENT_KINDS };
struct alignment {
	uint32_t required; /* bytes */
	uint32_t actual;   /* the worst seen without any fork; 0: as required */
	uint64_t size;     /* bytes asked for, of such a block */
};

struct plan {
	uint32_t mode;           /* enum run_mode */
	uint32_t method;         /* enum fork_method */
	uint32_t mitigation;     /* enum mitigation */
	uint32_t workers;        /* background threads, 0 to SHM_WORKERS_MAX */
	uint32_t aim;            /* 1: fork while a worker is known to be inside the allocator */
	uint32_t first_trial;    /* a restarted runner continues where the dead one stopped */
	uint32_t trials;         /* one past the last trial's number; MODE_HEAP_CHECK: siblings */
	uint32_t trace;          /* 1: record events in the struct event_log behind the shm */
	uint32_t note_crashes;   /* 1: see struct crash_note */
	uint32_t alignment[ALIGNMENT_KINDS]; /* that is not reported; 0: as required */
	uint32_t sweep_baseline; /* MODE_BASELINE: 1: with the heap and the child of a sweep */
	uint64_t seed;
	char scenario[SHM_NAME_MAX];
	char scenario_file[SHM_PATH_MAX]; /* absolute: the shared object with it; "": built in */
	struct plan_object object;
};

enum crash_noted {
	CRASH_NONE,
	CRASH_NOTED, /* the thread waits a moment, so that forklab can look at the process */
	CRASH_SEEN,  /* forklab has looked */
};

/*
 * The first thread of the parent that gets SIGSEGV, SIGBUS, SIGILL or SIGFPE, if plan.note_crashes
 * is set: handlers for these are installed, which return to the default action. Children have none.
 */
struct crash_note {
	_Atomic uint32_t noted; /* enum crash_noted, stored last */
	int32_t tid;
	int32_t signal;
	uint32_t reserved;
	uint64_t pc;
};

/* What MODE_MITIGATION_COST measures; valid when shm.finished is set. */
enum { SHM_MITIGATION_COST_FORKS = 256 };
struct shm_mitigation_cost {
	uint64_t operations; /* calls into the allocator that all workers began, */
	uint64_t ns;         /* in that time, without a fork */
	uint32_t forks;      /* valid entries of fork_ns[] */
	uint32_t reserved;
	uint64_t fork_ns[SHM_MITIGATION_COST_FORKS]; /* from the call of fork() to its return */
};

/*
 * What MODE_HEAP_CHECK finds: threads allocate and stay, siblings are forked while they are idle,
 * and each sibling allocates and frees everything. "Fresh" is the parent before all that.
 */
enum { SHM_SIBLINGS = 2 };

struct sibling {
	_Atomic uint32_t checked; /* 1: the rest is valid, except retained_bytes */
	_Atomic uint32_t freed;   /* 1: retained_bytes is valid; never set if blocks overlap */
	uint32_t threads;         /* before it starts any: itself and the allocator's threads */
	uint32_t overlaps;        /* blocks that overlap other live blocks */
	uint64_t overlap_at;      /* address of the first */
	uint64_t layout;          /* hash of the distances between its first blocks */
	uint64_t retained_bytes;  /* resident beyond a fresh process after all is freed */
};

struct heap_check {
	uint64_t layout;           /* of a fresh process */
	uint64_t live_bytes;       /* in blocks at the forks */
	uint64_t retained_bytes;   /* the same of the parent, without a fork */
	uint32_t threads;          /* that forklab did not start */
	char thread[SHM_NAME_MAX]; /* the name of one of them */
	struct sibling sibling[SHM_SIBLINGS];
};

/* How far the loading of plan.scenario_file has got. */
enum scenario_load_state {
	SCENARIO_BUILT_IN,
	SCENARIO_LOADING, /* its constructors run: they may crash, exit or hang */
	SCENARIO_LOADED,
	SCENARIO_REFUSED, /* see enum scenario_load_error; the runner exits */
};

enum scenario_load_error {
	SCENARIO_ERROR_LOADER,  /* the loader refuses the file (its message) */
	SCENARIO_ERROR_VERSION, /* compiled with the headers of another build */
	SCENARIO_ERROR_SYMBOL,  /* it has no symbol scenario_<name> */
	SCENARIO_ERROR_NAME,    /* the descriptor has another name than the file (it) */
	SCENARIO_ERROR_MEMBERS, /* the descriptor lacks `child` or `summary` */
	SCENARIO_ERROR_COUNT
};

struct identity {
	_Atomic uint32_t state; /* enum identity_state, stored last (release) */
	uint32_t scenarios;     /* valid entries of shm.scenario[] */
	char allocator[SHM_NAME_MAX];
	char link[SHM_NAME_MAX]; /* "shared", "static", "preload", "built-in" */
	char version[SHM_NAME_MAX];
	char malloc_from[SHM_PATH_MAX]; /* the object that contains malloc */
	char free_from[SHM_PATH_MAX];
	char why[SHM_TEXT_MAX]; /* the reason for a mismatch */
};
enum identity_state { IDENTITY_UNKNOWN, IDENTITY_PROVEN, IDENTITY_MISMATCH };

struct shm {
	/* The header comes first; its layout never changes. */
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* sizeof(struct shm) */
	char contract[SHM_NAME_MAX];

	struct plan plan;
	_Atomic uint32_t stop; /* forklab: finish the running trial, then exit */

	struct identity identity;
	struct {
		char name[SHM_NAME_MAX];
		char summary[SHM_TEXT_MAX];
		uint32_t long_sweep; /* 1: struct sequence, is_long */
		uint32_t optional;   /* 1: run only on request */
	} scenario[SHM_SCENARIOS_MAX];

	/* plan.scenario_file, before anything else; the state is stored last. */
	_Atomic uint32_t scenario_load;        /* enum scenario_load_state */
	uint32_t scenario_load_error;          /* enum scenario_load_error */
	char scenario_load_text[SHM_TEXT_MAX]; /* the loader's message, or "" */
	struct alignment alignment[ALIGNMENT_KINDS]; /* MODE_DESCRIBE */

	/* 1: the scenario does not apply to this runner, which exits. The flag is stored last. */
	_Atomic uint32_t unavailable;
	char unavailable_why[SHM_TEXT_MAX];

	_Atomic uint32_t locks; /* valid entries of lock[], stored after the entry (release) */
	struct named_lock lock[SHM_LOCKS_MAX];

	/*
	 * forklab asks the workers to stay out of the allocator, to find out whether one of them
	 * could still release a parent that does not return from fork(). Each request has a number
	 * of its own; 0: none. A paused worker copies it to `paused`: it is between two units of
	 * work and holds no lock of the allocator until `pause_request` changes. The numbers
	 * distinguish an old acknowledgement from a new one.
	 */
	_Atomic uint32_t pause_request;
	_Atomic uint32_t paused[SHM_WORKERS_MAX];
	_Atomic int32_t worker_tid[SHM_WORKERS_MAX];
	_Atomic int32_t main_tid;

	/* pthread_self() of them, which the recursive locks of glibc store as their owner. */
	_Atomic uint64_t worker_self[SHM_WORKERS_MAX];
	_Atomic uint64_t main_self;
	/* After a trial the main thread waits for this worker to end its unit of work; 0: none. */
	_Atomic int32_t awaited_tid;
	struct shm_sweep sweep;
	struct shm_audit audit;
	struct shm_mitigation_cost mitigation_cost;
	uint32_t has_heap_check; /* 1: MODE_HEAP_CHECK applies to this scenario */
	struct heap_check heap_check;
	struct crash_note crash;
	struct failure parent_failure; /* found by a worker or the forking thread of the parent */
	_Atomic uint32_t finished;     /* the runner has done all its trials and is about to exit */
	struct trial trial[SHM_TRIALS];
};

/* Exit statuses of the runner and of its children. */
enum runner_exit {
	RUNNER_OK = 0,
	RUNNER_FAILED_CHECK = 97, /* see failure / parent_failure */
	RUNNER_NO_SHM = 98,       /* no shm, or one of another build */
	RUNNER_BROKEN = 99 /* see parent_failure: FAILURE_ENGINE, or the identity's mismatch */
};
