/* Shared objects, as files: reads them, executes nothing of them. */
#pragma once

#include "shm.h"

#include <stddef.h>

enum { NEEDED_LIBRARIES_MAX = 16, NEEDED_NAME_MAX = 64 };

/*
 * Checks that the file is a complete ELF shared object for this machine that exports malloc and
 * free. Fills in *object: `path`, `device`, `inode`, and as `version` the start of its build id
 * ("build 1a2b3c4d") or "". Without section headers the exports are not checked; the process that
 * loads the object does that.
 *
 * Returns 0, or -errno with a sentence for the user in error[size]. Any thread.
 */
int shared_object_check(const char *path, struct plan_object *object, char *error, size_t size);

/*
 * Stores the names of the libraries that the object is linked with, as in DT_NEEDED
 * ("libtbbmalloc.so.2"), in name[]; of more or longer ones only what fits. Returns how many it
 * stored; -errno or -EINVAL: the file cannot be read, or is no ELF file. Any thread.
 */
int shared_object_needed(const char *path, char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX]);
