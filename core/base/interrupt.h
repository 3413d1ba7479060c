/*
 * SIGINT, SIGTERM and SIGHUP are blocked and read from a signalfd, so that a run polls for them,
 * ends at a well-defined point and prints the results so far.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/*
 * The death of that parent counts as SIGTERM from now on. The kernel reports it by SIGCONT: unlike
 * SIGTERM, it reaches a process that is stopped. Called by the child, before interrupt_init(). 0 or
 * -errno.
 */
int interrupt_when_orphaned(pid_t parent);

/* Once, before the first runner. 0 or -errno. */
int interrupt_init(void);

/*
 * The descriptor to poll for reading; -1 before interrupt_init(). It is also readable after a
 * SIGCONT of job control: ask interrupt_received() or interrupt_arrived().
 */
int interrupt_fd(void);

/* True if one more such signal has arrived since the last call of any function here. */
bool interrupt_arrived(void);

/* True once such a signal has arrived. */
bool interrupt_received(void);

/* The first of these signals; 0: none. */
int interrupt_signal(void);
