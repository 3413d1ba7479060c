/* The loopback port for a server under test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether a server can listen on the port; if not, error[size] has a sentence for the user. Port 0
 * is always free: the kernel chooses one.
 */
bool loopback_port_is_free(uint32_t port, char *error, size_t size);
