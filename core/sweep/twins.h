/*
 * Throw-away copies of the swept process: made at a fork point by a clone that the stepped thread
 * itself is made to call. The copy is a child of forklab's with one thread, which gets a signal and
 * runs on freely; the original knows nothing of it.
 */
#ifndef FORKLAB_TWINS_H
#define FORKLAB_TWINS_H

#include "stepper.h"

#include <sched.h>
#include <sys/types.h>

/*
 * Makes a copy at the point where the stepped thread stands and leaves it stopped; its pid in
 * *copy. 0, or -errno: then the thread may be in an unknown state and must not be used any more.
 */
int twin_make(struct stepper *stepper, pid_t *twin);

/* Sends the signal, which the copy will find when it runs, and allows it those processors. 0 or
 * -errno. */
int twin_signal(pid_t twin, int signal, const cpu_set_t *cpus);

/* Lets the copy run, untraced. 0 or -errno. */
int twin_detach(pid_t twin);

#endif
