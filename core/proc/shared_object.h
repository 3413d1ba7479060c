/* Is that file a shared object with an allocator in it? Reads the file and runs nothing of it. */
#ifndef FORKLAB_SHARED_OBJECT_H
#define FORKLAB_SHARED_OBJECT_H

#include "shm.h"

#include <stddef.h>

/*
 * Looks at the file: whole, ELF, a shared object for this machine, with malloc and free among what
 * it exports. Fills in *object: `path`, `device`, `inode`, and as `version` the beginning of its
 * build id ("build 1a2b3c4d") or "". An object without section headers cannot be asked what it
 * exports; then that is left to the process that loads it.
 *
 * Returns 0, or -errno with one sentence for the user in error[size]. Any thread of forklab's.
 */
int shared_object_check(const char *path, struct plan_object *object, char *error, size_t size);

#endif
