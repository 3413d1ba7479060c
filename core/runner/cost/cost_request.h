#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns a socket that listens on the plan's port of the loopback interface, made with these flags
 * of socket(2), and publishes the port to the clients. Main thread.
 */
int cost_request_listen(int flags);

/*
 * Reads a request, makes the response and sends it. False: no memory for the response. A client
 * that closes its end first is no failure of the child's. Child.
 */
bool child_serve_request(int connection);

/* Makes the response to that request, COST_RESPONSE bytes. False: no memory. Child. */
bool child_make_response(char *response, uint64_t number);
