/*
 * SIGINT, SIGTERM and SIGHUP are blocked and read from a signalfd, so that a run polls for them,
 * ends at a well-defined point and prints the results so far.
 */
#pragma once

#include <stdbool.h>

/* Once, before the first runner. 0 or -errno. */
int interrupt_init(void);

/* The descriptor to poll for reading; -1 before interrupt_init(). */
int interrupt_fd(void);

/* True once such a signal has arrived. */
bool interrupt_received(void);

/* The first of these signals; 0: none. */
int interrupt_signal(void);
