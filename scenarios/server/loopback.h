/*
 * Connections on the loopback interface, for the server scenarios. The client is the main thread:
 * it sends the request before the fork and reads the response after the child has exited. So no
 * process ever blocks on a socket, and a child that hangs does so for another reason.
 */
#pragma once

#include "scenario.h"

/* For scenario.unavailable: why the loopback interface cannot be used, or NULL. Parent, main
 * thread. */
const char *loopback_unavailable(void);

/* A listening socket on a port that the kernel chooses. Ends the runner on failure. Parent. */
int loopback_listen(void);

/* A connection to it, on which request `number` has been sent. Ends the runner on failure. Parent.
 */
int loopback_request(int listener, uint64_t number);

/* Accepts that connection. Ends the process on failure. Any process. */
int loopback_accept(struct task *task, int listener);

/*
 * Reads the request, allocates some blocks, makes the response in one of them and sends it:
 * CHILD_STEP_SERVE. Without a connection (-1) the response is made and checked, but not sent.
 * Child.
 */
void loopback_serve(struct task *me, int connection);

/* Reads the response to that request and checks every byte of it. Parent, main thread. */
void loopback_check_response(struct task *me, int client, uint64_t number);
