/* Starts a runner, and makes sure that no process of it stays behind. */
#pragma once

#include "memory_watch.h"
#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct runner_process {
	pid_t pid;
	int pidfd;
	uint64_t state_checked_ns; /* CLOCK_MONOTONIC: when it was last seen not to be stopped */
	unsigned continued;        /* times that forklab continued it after a SIGSTOP */
	int output; /* memfd: the output of the runner and its children */
	struct shm *shm;
	struct event_log *event_log; /* behind the shared page; NULL: none */
	struct cost_shm *cost_shm;   /* likewise; never both */
	int shm_fd;
	uint64_t oom_kills;         /* see oom_kills.h; when it was started, or at the last one */
	struct memory_watch memory; /* its tick is called by who waits for the runner */
};

/* Limits of a process under test. */
struct runner_limits {
	/* Resident, with all descendants: see memory_watch.h; 0: the default. */
	uint64_t memory_bytes;
	/*
	 * It finds the same machine everywhere: an affinity to one processor, the usual limit of
	 * the stack, and GLIBC_TUNABLES that set the number of arenas. What the user or the
	 * allocator set there is added.
	 */
	bool one_cpu;
	/* PTRACE_O_*: forklab traces it from its exec on, where it stops; 0: no tracing. */
	unsigned ptrace_options;
	/* NAME=VALUE, added to or replacing those of forklab; NULL-terminated, or NULL. */
	const char *const *env;
};

/*
 * Creates the shared page; the caller fills in its plan and calls runner_process_start(). 0 or
 * -errno. In either case runner_process_destroy() releases everything.
 */
int runner_process_prepare(struct runner_process *runner);

/* Adds an event log behind the shared page, before the start. 0 or -errno. */
int runner_process_add_event_log(struct runner_process *runner);

/* Adds a zeroed struct cost_shm behind the shared page, before the start. 0 or -errno. */
int runner_process_add_cost_shm(struct runner_process *runner);

/*
 * Starts the runner: in its own session, killed when forklab dies, without core file and
 * address-space randomisation, empty standard input, output to a memfd, and no
 * other descriptor but that of the shared page. 0, or -errno (-ENOENT, -EACCES: the program cannot
 * be started; -EPERM: it may not be traced).
 */
int runner_process_start(
	struct runner_process *runner, const char *path, const struct runner_limits *limits);

/*
 * True when that child process has ended; *status gets its wait status, or 0 if it was reaped
 * before. Detaches from a child that an abandoned proof has left in a ptrace stop.
 */
bool reap_child(pid_t pid, int *status);

/*
 * True when the runner has ended. Reaps it; *status gets its wait status. May be called again.
 * Continues a runner that something has stopped (SIGSTOP); so everything that waits for a runner
 * calls this now and then.
 */
bool runner_process_has_ended(struct runner_process *runner, int *status);

/* True while it is stopped by a signal (not by a tracer). */
bool runner_process_is_stopped(const struct runner_process *runner);

/* Kills and reaps the runner and all other descendants; releases shared page and descriptors. */
void runner_process_destroy(struct runner_process *runner);

/*
 * The output of the runner and its children between two offsets: the last size-1 bytes of it,
 * sanitized into one line. `to` may be beyond the end. Returns `text`, which may be "".
 */
char *runner_process_output(
	const struct runner_process *runner, uint64_t from, uint64_t to, char *text, size_t size);

/* Releases the memory of the output before that offset. */
void runner_process_discard_output(const struct runner_process *runner, uint64_t before);
