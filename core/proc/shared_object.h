/* Whether a file is a shared object with an allocator. Reads the file, executes nothing of it. */
#pragma once

#include "shm.h"

#include <stddef.h>

/*
 * Checks that the file is a complete ELF shared object for this machine that exports malloc and
 * free. Fills in *object: `path`, `device`, `inode`, and as `version` the start of its build id
 * ("build 1a2b3c4d") or "". Without section headers the exports are not checked; the process that
 * loads the object does that.
 *
 * Returns 0, or -errno with a sentence for the user in error[size]. Any thread.
 */
int shared_object_check(const char *path, struct plan_object *object, char *error, size_t size);
