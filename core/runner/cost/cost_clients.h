#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Forks the clients, which wait. Main thread, before a heap exists that they would inherit. */
void cost_clients_start(void);

/* True while a client has not been reaped. Main thread, as the next two. */
bool cost_clients_running(void);

/* Reaps the clients that have ended; or notes that `pid` has been reaped, if it is a client. */
void cost_clients_reap(void);
void cost_clients_forget(pid_t pid);

/*
 * Reads exactly `size` bytes. 0; -EPIPE: the connection ended before; or another -errno. Any
 * process, async-signal-safe.
 */
int cost_socket_read(int fd, char *to, size_t size);
