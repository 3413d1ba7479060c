/* The memory of this machine. */
#ifndef FORKLAB_MEMINFO_H
#define FORKLAB_MEMINFO_H

#include <stdint.h>

/* Bytes available without swapping: MemAvailable, or free memory where that is missing. */
uint64_t meminfo_available(void);

#endif
