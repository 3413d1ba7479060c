#include "needed_calls.h"

#include "shm.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int try_shared_memory(void)
{
	int fd = memfd_create("forklab-page", MFD_CLOEXEC);
	int error = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

/* A limit of the size of files counts for memory, too. */
static int try_size_of_shared_memory(void)
{
	int fd = memfd_create("forklab-page", MFD_CLOEXEC);
	int error = fd < 0 || ftruncate(fd, sizeof(struct shm)) != 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

static int try_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int error = fd < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

int needed_calls_check(const char **call)
{
	static const struct {
		const char *name;
		int (*try)(void);
	} calls[] = {
		{"share memory with processes under test: memfd_create()", try_shared_memory},
		{"share memory with processes under test: ftruncate()", try_size_of_shared_memory},
		{"wait for processes: pidfd_open()", try_pidfd},
	};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int error = calls[i].try();
		*call = calls[i].name;
		if (error)
			return error;
	}
	return 0;
}
