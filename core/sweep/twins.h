/*
 * Twins: throw-away copies of the swept process, made at a fork point by a clone(2) that is
 * injected into the stepped thread. A twin is a child of forklab (CLONE_PARENT) with one thread; it
 * gets a signal and runs on untraced. The runner does not notice.
 */
#pragma once

#include "stepper.h"

#include <sched.h>
#include <sys/types.h>

/*
 * Makes a twin where the stepped thread stands and leaves it stopped; its pid in *twin. 0, or
 * -errno: the thread may be in an unknown state then and must not be used any more.
 */
int twin_make(struct stepper *stepper, pid_t *twin);

/* Sends the signal, which is delivered when the twin runs, and sets its CPU affinity. 0 or -errno.
 */
int twin_signal(pid_t twin, int signal, const cpu_set_t *cpus);

/* Lets the twin run, untraced. 0 or -errno. */
int twin_detach(pid_t twin);
