/* The memory of this machine. */
#pragma once

#include <stdint.h>

/* Bytes available without swapping: MemAvailable, or free memory where that is missing. */
uint64_t meminfo_available(void);
