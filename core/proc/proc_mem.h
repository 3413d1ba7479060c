/* Reading and writing another process's memory. forklab only; the other process need not be
 * stopped. */
#ifndef FORKLAB_PROC_MEM_H
#define FORKLAB_PROC_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { VM_PAGE_SIZE = 4096 };

/*
 * Copies up to `size` bytes at `address` of process or thread `tid`. Returns how many could be
 * copied, counted from the front (memory ends, a page is not mapped), or -errno when not even one.
 * Memory that is executable but not readable can be read only by the tracer.
 */
ssize_t proc_mem_read(pid_t tid, uint64_t address, void *buffer, size_t size);

/* Writes all of it, even where the process itself may not write, or returns -errno. Tracer only. */
int proc_mem_write(pid_t tid, uint64_t address, const void *buffer, size_t size);

#endif
