#include "proc_mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* Slower than process_vm_readv(), but ignores the protection of the page. */
static int open_mem(pid_t tid, int flags)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static ssize_t read_mem(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	int fd = open_mem(tid, O_RDONLY);
	if (fd < 0)
		return fd;
	ssize_t got = pread(fd, buffer, size, (off_t)address);
	int error = errno;
	close(fd);
	if (got < 0)
		return -error;
	return got > 0 ? got : -EFAULT;
}

/* Partial copies are granted only at iovec boundaries: the first iovec ends with the page. */
static ssize_t read_vm(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	size_t head = VM_PAGE_SIZE - address % VM_PAGE_SIZE;
	if (head > size)
		head = size;
	struct iovec local = {.iov_base = buffer, .iov_len = size};
	struct iovec remote[2] = {
		{.iov_base = (void *)(uintptr_t)address, .iov_len = head},
		{.iov_base = (void *)(uintptr_t)(address + head), .iov_len = size - head},
	};
	ssize_t got = process_vm_readv(tid, &local, 1, remote, size > head ? 2 : 1, 0);
	return got < 0 ? -errno : got;
}

ssize_t proc_mem_read(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	if (size == 0)
		return 0;
	ssize_t got = read_vm(tid, address, buffer, size);
	if (got > 0)
		return got;
	return got == -ESRCH ? got : read_mem(tid, address, buffer, size);
}

int proc_mem_write(pid_t tid, uint64_t address, const void *buffer, size_t size)
{
	int fd = open_mem(tid, O_RDWR);
	if (fd < 0)
		return fd;
	ssize_t put = pwrite(fd, buffer, size, (off_t)address);
	int error = put < 0 ? errno : EFAULT;
	close(fd);
	return put == (ssize_t)size ? 0 : -error;
}
