#pragma once

#include "cost_shm.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The parent's side of the measured children: fork, wait for a stage, reap. Main thread. */

/*
 * Waits for that child, with a time limit: a child that hangs is killed and counted. False: it
 * hung, or did not exit as it should.
 */
bool cost_child_reap(pid_t pid);

/* Waits, with a time limit, until a child stops at that stage. False: it ended, or timed out. */
bool cost_child_wait_stage(pid_t pid, struct cost_child *child, enum cost_stage stage);

/* Lets the child run on to that stage, and waits for it as above. */
bool cost_child_advance(pid_t pid, struct cost_child *child, enum cost_stage stage);

/* Whether that child has exited; it is not reaped. */
bool cost_child_has_exited(pid_t pid);

/* True while no child has hung or failed. In a process with one that has nothing is measured. */
bool cost_children_ok(void);

/* Forks a child that runs `run`, and stops when it reaches stage `go`. */
pid_t cost_child_fork(struct cost_child *child, uint32_t go, void (*run)(struct cost_child *));
