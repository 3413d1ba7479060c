#pragma once

#include "scenario.h"
#include "shm.h"

/*
 * The child's first function after fork(). `interrupted` is the task whose thread called fork.
 * Returns only if the scenario wants the interrupted call to be completed.
 */
void child_begin(struct task *interrupted);

/*
 * Has the kernel kill this child when its runner dies. fork() clears the setting, so every child
 * sets it. Child.
 */
void child_set_pdeathsig(void);

/* Redirects standard error to the trial's own range of the output file. */
void child_redirect_output(const struct trial *trial);

/* The task whose interrupted call will be completed in this child, or NULL. */
struct task *child_interrupted(void);

/* The interrupted unit of work has ended in the child. Does not return. */
_Noreturn void child_resumed(void);
