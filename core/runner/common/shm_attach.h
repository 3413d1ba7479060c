#ifndef FORKLAB_SHM_ATTACH_H
#define FORKLAB_SHM_ATTACH_H

#include "shm.h"

/*
 * Maps the shm behind `fd`. Returns it, or NULL with the reason in *why. Parent, main thread.
 */
struct shm *shm_attach(int fd, const char **why);

#endif
