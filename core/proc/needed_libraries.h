/* The libraries that a shared object is linked with. Reads the file, executes nothing of it. */
#pragma once

enum { NEEDED_LIBRARIES_MAX = 16, NEEDED_NAME_MAX = 64 };

/*
 * Stores their names, as in DT_NEEDED ("libtbbmalloc.so.2"), in name[]; of more or longer ones only
 * what fits. Returns how many it stored; -errno or -EINVAL: the file cannot be read, or is no ELF
 * file. Any thread.
 */
int needed_libraries(const char *path, char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX]);
