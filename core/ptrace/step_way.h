/*
 * How step_to() comes to its address. With a breakpoint register where these work. Elsewhere with a
 * trap instruction in the code, which is there only while the thread runs: planted right before it
 * is resumed, lifted at every stop before anybody learns of it. And where others might run into
 * that, or inherit it, by single steps. For step.c only.
 */
#ifndef FORKLAB_STEP_STEP_WAY_H
#define FORKLAB_STEP_STEP_WAY_H

#include "step.h"

#include <sys/ptrace.h>

/* The thread is to go to `until`. 0 or -errno. */
int way_begin(struct tracee *step, uint64_t until);

/* Makes the stopped thread ready to go on; returns what ptrace is to be asked for. */
enum __ptrace_request way_resume(struct tracee *step);

/* Takes the trap instruction out of the code, if it stands there. */
void way_lift(struct tracee *step);

/* The thread has ended, or executes another program: there is no such code any more. */
void way_forget(struct tracee *step);

/* A SIGTRAP of the kernel's: true when it was the trap instruction; the thread stands before it. */
bool way_trapped(struct tracee *step);

/* True when the thread has made a step and is not there yet. May turn *event into STEP_DONE. */
bool way_is_long(struct tracee *step, enum step_event *event);

/* The next step cannot wait for anybody. */
bool way_is_short_of_waits(const struct tracee *step);

#endif
