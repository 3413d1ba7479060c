/* The memory of this machine. */
#ifndef FORKLAB_MEMINFO_H
#define FORKLAB_MEMINFO_H

#include <stdint.h>

/* Bytes that can be had without swapping: MemAvailable; where it is not told, what is free. */
uint64_t meminfo_available(void);

#endif
