/* The files that a process has mapped: its program, libraries, and what it loaded since. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { MAPPED_FILES_MAX = 48, MAPPED_PATH_MAX = 256 };

/*
 * Stores their paths, each once and in the order of strcmp(3), in file[]. The number of them;
 * MAPPED_FILES_MAX + 1 if there are more, a path is too long or a file was deleted: the list is
 * useless then. -errno: the process is gone, or cannot be read.
 */
int mapped_files(pid_t pid, char file[MAPPED_FILES_MAX][MAPPED_PATH_MAX]);
