/*
 * Ctrl-C and the like, as something to poll: SIGINT, SIGTERM and SIGHUP are blocked and read from a
 * signalfd, so that a run ends at a point of our choosing and prints what it has.
 */
#ifndef FORKLAB_INTERRUPT_H
#define FORKLAB_INTERRUPT_H

#include <stdbool.h>

/* Once, before the first runner. 0 or -errno. */
int interrupt_init(void);

/* The descriptor to poll for reading, -1 before interrupt_init(). */
int interrupt_fd(void);

/* True when such a signal has come; stays true. */
bool interrupt_received(void);

/* The first of these signals, 0: none. */
int interrupt_signal(void);

#endif
