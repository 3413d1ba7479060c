#pragma once

#include "cost_shm.h"

/*
 * The cost area behind shm, or NULL: then nothing is measured. Set before any other thread exists.
 * Code that measures does not allocate, and stores into this area only, which fork() does not copy.
 */
extern struct cost_shm *cost_shm;

/* Maps the area behind the shm in `fd`. 0 or -errno. Main thread, before any other exists. */
int cost_shm_attach(int fd);
