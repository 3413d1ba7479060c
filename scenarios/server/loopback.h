/*
 * What the servers among the scenarios share: connections on the loopback. The client is the main
 * thread: it has asked before the fork and reads the answer when the child has ended, so nobody
 * ever waits for a socket, and a child that stands still does so for no other reason than its heap.
 */
#ifndef FORKLAB_LOOPBACK_H
#define FORKLAB_LOOPBACK_H

#include "scenario.h"

/* For scenario.unavailable: why there is no loopback here, or NULL. Parent, main thread. */
const char *loopback_unavailable(void);

/* A socket that listens, on a port that the kernel chooses. Ends the runner on failure. Parent. */
int loopback_listen(void);

/* A connection to it on which the request with that number was sent. The same. */
int loopback_request(int listener, uint64_t number);

/* The server's end of a connection that was asked for. Ends the process on failure. Any process. */
int loopback_accept(struct task *task, int listener);

/*
 * Reads the request, allocates what a request takes, makes the answer in a block and sends it:
 * CHILD_STEP_SERVE. Without a connection (-1) the answer is made and checked, and goes nowhere.
 * Child.
 */
void loopback_serve(struct task *me, int connection);

/* Reads the answer to that request and checks every byte of it. Parent, main thread. */
void loopback_check_response(struct task *me, int client, uint64_t number);

#endif
