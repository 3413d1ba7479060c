/*
 * A process of a trial has ended: its verdict, with the finding that goes with it. What is a fact
 * is gathered here, from the shared page, the wait status and the last output; judge.h decides.
 */
#pragma once

#include "model.h"
#include "runner_process.h"
#include "shm.h"

#include <stdbool.h>
#include <sys/types.h>

struct process_exit {
	struct runner_process *runner;
	const struct trial *trial;   /* in the live page */
	const struct finding *stuck; /* why forklab killed the process; NULL: it did not */
	int32_t orphan_pid;          /* of a process that was left behind; 0: none */
	bool more_orphans;           /* it is not the only one */
	pid_t twin;                  /* the process that forked; 0: the runner */
};

struct symbols;

/*
 * Adds to the finding on the parent which thread crashed and where, if `crash` is of the same
 * signal. `symbols` is of that process, opened while it lived; NULL: the place stays unknown.
 */
void process_exit_add_crash(struct finding *finding, const struct shm *shm,
	const struct crash_note *crash, struct symbols *symbols);

/*
 * The verdict on a trial's child, whose wait status is in the trial. *finding is filled in for
 * every verdict but VERDICT_OK; its command is left empty.
 */
enum verdict process_exit_judge_child(
	const struct process_exit *process_exit, struct finding *finding);

/*
 * The same on the process that forks, which ended with `status` in the middle of the trial, or
 * before it `began` one.
 */
enum verdict process_exit_judge_parent(
	const struct process_exit *process_exit, int status, bool began, struct finding *finding);
