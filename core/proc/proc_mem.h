/* Reads and writes the memory of another process, which need not be stopped. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { VM_PAGE_SIZE = 4096 };

/*
 * Copies up to `size` bytes at `address` of process or thread `tid`. Returns how many bytes were
 * copied before the first unmapped page, or -errno if none. Execute-only memory can be read by the
 * tracer only.
 */
ssize_t proc_mem_read(pid_t tid, uint64_t address, void *buffer, size_t size);

/* Writes all bytes, even to read-only memory. 0 or -errno. Tracer only. */
int proc_mem_write(pid_t tid, uint64_t address, const void *buffer, size_t size);
