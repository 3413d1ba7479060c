#pragma once

#include "cost_shm.h"

#include <sys/types.h>

/* Reads a process's memory use. Fields that the kernel does not report are marked unknown. */
void cost_memory_read(pid_t pid, struct cost_memory *memory);

/* Collapses this process's private memory into huge pages; 0 or -errno. */
int cost_memory_collapse(void);
