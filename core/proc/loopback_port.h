/* The port of the loopback that a server is to listen on. */
#ifndef FORKLAB_LOOPBACK_PORT_H
#define FORKLAB_LOOPBACK_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a server can listen there; if not, *error says why in a sentence. 0 is free: the kernel
 * will choose. forklab, any thread.
 */
bool loopback_port_is_free(uint32_t port, char *error, size_t size);

#endif
