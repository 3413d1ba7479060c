#pragma once

#include "shm.h"

/* Maps the shm behind `fd`. Returns it, or NULL with the reason in *why. Parent, main thread. */
struct shm *shm_attach(int fd, const char **why);

/*
 * Maps the last `size` bytes of the same file, which begin at `offset`, with these flags of mmap()
 * besides MAP_SHARED. NULL with errno set. Parent, main thread.
 */
void *shm_map_at(int fd, size_t offset, size_t size, int flags);
