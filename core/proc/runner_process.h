/* Starting a runner, and making sure that nothing of it stays behind. forklab only. */
#ifndef FORKLAB_RUNNER_PROCESS_H
#define FORKLAB_RUNNER_PROCESS_H

#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct runner_process {
	pid_t pid;
	int pidfd;
	int output; /* memfd: what the runner and its children printed */
	struct shm *shm;
	struct event_log *event_log; /* behind the shared page; NULL: none */
	struct cost_shm *cost_shm;   /* likewise; never both */
	int shm_fd;
};

/* Bounds for a process under test, see spawn.c for why these. */
struct runner_limits {
	size_t data_bytes; /* writable private memory; 0: the default; SIZE_MAX: no bound */
	bool one_cpu;      /* it may run on one processor only, until somebody allows it more */
	unsigned ptrace_options; /* PTRACE_O_*: forklab traces it from its exec on, where it stops;
				    0: not */
	/* NAME=VALUE, added to forklab's own environment or in place of what is there; NULL at the
	 * end; NULL: nothing */
	const char *const *env;
};

/*
 * Prepares a page; the caller fills in its plan and then calls runner_process_start(). 0 or -errno.
 * Afterwards runner_process_destroy() releases everything, whether started or not.
 */
int runner_process_prepare(struct runner_process *runner);

/* Makes room for a trace behind the page, before the start. 0 or -errno. */
int runner_process_add_event_log(struct runner_process *runner);

/* Makes room for a sheet of costs behind the page, all zero, before the start. 0 or -errno. */
int runner_process_add_cost_shm(struct runner_process *runner);

/*
 * Starts the runner: own session, dies with forklab, no core file, no address-space randomisation,
 * bounded memory, no descriptor but the page, standard input empty, output into a memfd.
 * 0, or -errno of the step that failed (-ENOENT, -EACCES: the program cannot be started;
 * -EPERM: it may not be traced).
 */
int runner_process_start(
	struct runner_process *runner, const char *path, const struct runner_limits *limits);

/*
 * True when that child of forklab's has ended, or is no child any more; its wait status, or 0 for
 * one that was reaped before, in *status. A stop that an attempt at a proof has left behind is
 * undone.
 */
bool reap_child(pid_t pid, int *status);

/*
 * True when the runner has ended; its wait status in *status. Reaps it. Asking again is safe.
 */
bool runner_process_has_ended(struct runner_process *runner, int *status);

/* Kills the runner and all its descendants, reaps them, releases page and descriptors. */
void runner_process_destroy(struct runner_process *runner);

/*
 * The last of what the runner and its children printed between two offsets of their output: up to
 * size-1 bytes from the end, sanitized into one line. `to` may lie behind its end. Returns `text`,
 * "" when there is nothing.
 */
char *runner_process_output(
	const struct runner_process *runner, uint64_t from, uint64_t to, char *text, size_t size);

/* Gives back the memory of the output before that offset. */
void runner_process_discard_output(const struct runner_process *runner, uint64_t before);

#endif
