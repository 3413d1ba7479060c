/* Small text files of /proc and /sys. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads the file whose path `format` makes, up to size - 1 bytes, and terminates the text, which is
 * "" on failure. The length; -errno: it cannot be opened; -ESRCH: it is empty, as of a process that
 * is gone. Any thread.
 */
__attribute__((format(printf, 3, 4))) ssize_t proc_file_read(
	char *text, size_t size, const char *format, ...);
