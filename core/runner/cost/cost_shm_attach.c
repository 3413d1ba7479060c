#include "cost_shm_attach.h"

#include "../common/shm_attach.h"

#include <errno.h>
#include <sys/mman.h>

struct cost_shm *cost_shm;

int cost_shm_attach(int fd)
{
	cost_shm = shm_map_at(fd, COST_SHM_OFFSET, sizeof(*cost_shm), MAP_POPULATE);
	return cost_shm ? 0 : -errno;
}
