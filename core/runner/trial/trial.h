#pragma once

#include "shm.h"

#include <sys/types.h>

/* Runs all trials of the plan. */
void trials_run(void);

/* The current trial. */
struct trial *trial_current(void);

/* Publishes a trial's new state in shm. */
void trial_set_state(struct trial *trial, enum trial_state state);

/* Makes `trial` the current one, for this process and those that it forks. */
void trial_adopt(struct trial *trial);

/* The current trial's fork begins, or has been made; `pid` is the child. */
void trial_forking(void);
void trial_forked(pid_t pid);

/* Waits for that child to end; returns its wait status. */
int trial_reap(pid_t pid);
