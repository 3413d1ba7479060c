#include "cost_shm_attach.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct cost_shm *cost_shm;

int cost_shm_attach(int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return -errno;
	if (status.st_size != (off_t)(COST_SHM_OFFSET + sizeof(*cost_shm)))
		return -EINVAL;
	void *map = mmap(NULL, sizeof(*cost_shm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		fd, COST_SHM_OFFSET);
	if (map == MAP_FAILED)
		return -errno;
	cost_shm = map;
	return 0;
}
