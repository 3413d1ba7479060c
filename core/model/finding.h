/*
 * One stuck, crashed or damaged process as data. Its sentences are composed by
 * report/finding/finding_text.h.
 */
#pragma once

#include "lock_origin.h"
#include "shm.h"
#include "verdict.h"
#include "wait_source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_NAME_MAX = 64,
	MODEL_TEXT_MAX = 512,
	MODEL_REASONS_MAX = 8,
	MODEL_CALLS_MAX = 8,
	MODEL_PREFIX_MAX = 1024,  /* the environment in front of a command */
	MODEL_COMMAND_MAX = 1536, /* a command to be typed */
};

/* What happened to the process; in brackets the fields of the finding that belong to it. */
enum finding_cause {
	CAUSE_NONE,
	CAUSE_STUCK,
	CAUSE_DEADLINE,       /* no progress before the deadline */
	CAUSE_CHILD_STOPPED,  /* by a signal, and nothing continues it */
	CAUSE_RUNNER_STOPPED, /* again and again */
	CAUSE_IN_FORK,        /* fork() does not return */
	CAUSE_OUTSIDE_FORK,   /* the parent is stuck elsewhere */
	CAUSE_WORKER_STUCK,   /* a worker of the parent makes no progress after the fork */
	CAUSE_WORKER_BLOCKED, /* the stepped thread does not return from a system call */
	CAUSE_SIGNAL,         /* killed (signal) */
	CAUSE_KILLED,         /* by a SIGKILL that neither forklab nor the kernel sent */
	CAUSE_OOM_KILLED,     /* by the kernel, for lack of memory */
	CAUSE_LIMIT_SIGNAL,   /* SIGXCPU or SIGXFSZ: by a limit of its surroundings (signal) */
	CAUSE_OVER_MEMORY,    /* by forklab, for exceeding its limit (memory_limit) */
	CAUSE_ABORTED,
	CAUSE_HEAP_CORRUPT,  /* aborted with a complaint about the heap (output) */
	CAUSE_EXIT_MESSAGE,  /* exited with a message (output) */
	CAUSE_EXIT_SILENT,   /* exited without one */
	CAUSE_UNFINISHED,    /* exited with status 0 before the end of its work */
	CAUSE_ORPHAN,        /* left a process behind (orphan) */
	CAUSE_FAILED_CHECK,  /* of the runner (failure) */
	CAUSE_DOUBLE_BLOCKS, /* handed out twice (block, blocks) */
	CAUSE_NO_CHECK,      /* the child did all its work, but no check ran */
	CAUSE_UNKNOWN_END,   /* a wait status that says neither exited nor killed */
	CAUSE_RUNNER_FAILED,
	CAUSE_RUNNER_DIED_EARLY,  /* before its first trial */
	CAUSE_RUNNER_ENDED_EARLY, /* with status 0, before its trials were done */
	CAUSE_SCENARIO_CRASHED,   /* a constructor of the scenario's file (signal) */
	CAUSE_SCENARIO_EXITED,    /* likewise (output) */
	CAUSE_SCENARIO_HANGS,     /* likewise */
	CAUSE_SCENARIO_REFUSED,   /* the runner does not load the scenario's file (output) */

	/* forklab's failures, which no process under test is blamed for. */
	CAUSE_NOT_STARTED,  /* the runner (error) */
	CAUSE_WRONG_MALLOC, /* another malloc than the expected one answered (output) */
	CAUSE_SHM_OVERWRITTEN,
	CAUSE_NO_FIRST_TRIAL, /* the runner never reached it */
	CAUSE_NO_SEQUENCE,    /* nor its sequence, in a sweep */
	CAUSE_NOT_STEPPED,    /* the worker (error) */
	CAUSE_STEP_FAILED,    /* within the sequence (error) */
	CAUSE_STEP_TIMEOUT,   /* the stepped thread neither goes on nor stops */
	CAUSE_NOT_CLONED,     /* the process, for a throw-away copy (error) */
	CAUSE_PROCESS_EXEC,   /* the process under test executed another program */
	CAUSE_THREAD_EXEC,    /* the stepped thread did */
	CAUSE_THREAD_ENDED,   /* within its sequence */
	CAUSE_NO_RUNNER_END,  /* the runner does not end after its sweep */
	CAUSE_OUT_OF_MEMORY,  /* forklab */
	CAUSE_MISCOUNTED,     /* more bad points than points */
	CAUSE_NOTHING_JUDGED, /* the cell ended without a single judged fork */
	CAUSE_NOT_REPRODUCED, /* the point differs the second time (attempt) */
	CAUSE_COUNT
};

/* Why forklab says so; in brackets what number[] and text[] hold. */
enum reason_kind {
	REASON_OWNER_ABSENT,    /* the lock's owner does not exist in this process */
	REASON_OWNER_WAITS,     /* it does, and waits itself */
	REASON_ONE_THREAD,      /* the only thread is in an untimed futex wait */
	REASON_ALL_THREADS,     /* so are all threads (how many) */
	REASON_PRIVATE_FUTEX,   /* the futex is process-private */
	REASON_PRIVATE_MEMORY,  /* the futex is in private memory */
	REASON_NO_SIGNAL,       /* no signal can interrupt the wait */
	REASON_STATE_RECURS,    /* registers and memory (period in instructions, 1: system calls) */
	REASON_NO_OTHER_WRITER, /* to the memory that the loop reads */
	REASON_SAME_WAIT,       /* came back to the same timed wait (times) */
	REASON_FOLLOWED,        /* likewise, when followed (instructions) */
	REASON_SPINS,           /* on unchanged words (ms of CPU time, bytes of code) */
	REASON_SAME_AS_POINT,   /* as at another point, which was examined (point) */
	REASON_LOST_WAKEUP,     /* the word has another value than the one waited on (both) */
	REASON_WORKER_WAITS,    /* the stepped thread waits, too (address; lock, place) */
	REASON_NO_PROGRESS,     /* and no evidence why (ms) */
	REASON_OBSTACLE,        /* why it is not proven to be stuck (enum deadlock_obstacle) */
	REASON_HELD_INSIDE,     /* nobody else holds what it waits for (descriptor, its kind) */
	REASON_NO_SENDER,       /* the signals that it waits for have no source */
	REASON_CHILD_STUCK,     /* it waits for a child process that is stuck itself */
	REASON_TIMERS_UNKNOWN,  /* interval timers could not be looked for */
	REASON_SAME_SLEEP,      /* came back to a sleep, and found the same word (times, ms) */
	REASON_COUNTS,          /* tries the same lock, and only counters change (ms of CPU time) */
	REASON_STOPPED_ITSELF,  /* and is stopped since (ms) */
	REASON_STOPPED,         /* by something else (ms) */
	REASON_COUNT
};

struct reason {
	enum reason_kind kind;
	uint64_t number[2];
	char text[2][MODEL_TEXT_MAX / 2];
};

/* The system call that a stuck process sleeps in. */
struct finding_wait {
	enum wait_kind kind; /* WAIT_NONE: it runs, or nothing is known */
	long syscall;
	int fd; /* that it waits for, -1: none, or several */
	enum descriptor_kind descriptor;
};

/* A call into the allocator; OP_NONE: none. */
struct heap_call {
	enum heap_op op;
	uint64_t size; /* bytes asked for; 0 for free() */
};

/* A thread of the parent, by its part in the scenario. */
struct thread_role {
	enum { THREAD_UNKNOWN, THREAD_MAIN, THREAD_WORKER } kind;
	unsigned worker; /* of THREAD_WORKER */
};

struct worker_call {
	unsigned worker;
	struct heap_call call;
};

/* One of two attempts at the same fork point that differ. */
struct point_attempt {
	bool reached;
	uint64_t instruction, pc;
	bool waited;          /* fork() did not return there, so there is no verdict */
	enum verdict verdict; /* of what was forked there */
	enum child_step step;
	char step_name[SHM_NAME_MAX]; /* of CHILD_STEP_NAMED; else "" */
};

struct finding {
	enum verdict verdict;
	enum certainty certainty;
	enum finding_cause cause;
	uint32_t trial; /* number within the cell; of a sweep: the fork point */
	bool in_parent; /* the parent was stuck or damaged, not the child */
	enum child_step step;
	char step_name[SHM_NAME_MAX]; /* of CHILD_STEP_NAMED; else "" */
	struct heap_call call;        /* that the process was in */
	double latency_ms; /* from the last progress to the verdict; < 0: does not apply */

	/* Of a stuck process. */
	uint64_t futex;            /* address, 0: none */
	uint32_t futex_value;      /* the word's value when it was examined */
	bool lock_named;           /* `lock` is a name or module+offset; else the bare address */
	char lock[MODEL_TEXT_MAX]; /* "": none */
	enum lock_origin lock_origin;
	bool by_allocator; /* not its lock, but the allocator called what takes it */
	enum wait_object wait_object;
	char lock_module[MODEL_NAME_MAX];   /* the file that the lock, else its taker, lies in */
	char lock_variable[MODEL_NAME_MAX]; /* "tzset_lock"; "": unknown, or no variable */
	uint64_t lock_offset;               /* of the word in that variable */
	bool lock_published; /* `lock` is the name that the allocator or the scenario gave it */
	bool lock_nameless;  /* it lies in the data of lock_module, and no symbol names it */
	char taker[MODEL_NAME_MAX]; /* the function that waits for it: "__tz_convert"; "": unknown
				     */
	char taker_module[MODEL_NAME_MAX]; /* the file that this function lies in */
	int32_t owner_tid;                 /* 0: unknown */
	struct thread_role owner;
	char waiter[MODEL_TEXT_MAX];  /* where the stuck thread is: "libc.so.6+0x8701b" */
	uint64_t pc, sp;              /* of the stuck thread, 0: unknown */
	uint64_t code_low, code_high; /* of the loop that it runs, 0: unknown */
	struct finding_wait wait;
	unsigned reasons;
	struct reason reason[MODEL_REASONS_MAX];

	struct thread_role crashed; /* the parent's thread that got the signal, at `waiter` */

	/* What else is known: see enum finding_cause. */
	int signal;            /* that killed it, 0: none */
	int exit_status;       /* with which it ended itself, 0: none */
	int error;             /* an errno, 0: none */
	uint64_t memory_limit; /* bytes */
	enum failure_kind failure;
	uint64_t block, block_size; /* that a check found damaged */
	uint32_t blocks;
	int32_t orphan_pid;
	bool more_orphans;
	unsigned calls; /* of workers, at the moment of the fork */
	struct worker_call worker_call[MODEL_CALLS_MAX];
	struct point_attempt attempt[2];
	char output[SHM_TEXT_MAX];       /* what the process printed or its runner says of it */
	char command[MODEL_COMMAND_MAX]; /* the command that tries that trial again */
};

/*
 * Whether the process hangs for a reason that is not held against the allocator: on a lock that is
 * known not to be its own, and that it did not ask for.
 */
bool finding_is_foreign(const struct finding *finding);

/* Whether two findings say the same of their processes, but for trial, command and latency. */
bool finding_same(const struct finding *a, const struct finding *b);

/* Whether the finding says that this obstacle stands in the way of a proof. */
bool finding_has_obstacle(const struct finding *finding, enum deadlock_obstacle obstacle);
