#include "shm_attach.h"

#include "cost_shm.h"
#include "event_log.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The header is checked before the rest is used: a short file would raise SIGBUS later. */
static const char *header_error(const struct shm *shm)
{
	if (shm->magic != SHM_MAGIC)
		return "not a forklab shm";
	if (shm->version != SHM_VERSION || shm->size != sizeof(struct shm))
		return "the shm has another version";
	if (strncmp(shm->contract, FORKLAB_CONTRACT, sizeof(shm->contract)) != 0)
		return "forklab and this runner are of different builds";
	return NULL;
}

void *shm_map_at(int fd, size_t offset, size_t size, int flags)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return NULL;
	if (status.st_size != (off_t)(offset + size)) {
		errno = EINVAL;
		return NULL;
	}
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, (off_t)offset);
	return map == MAP_FAILED ? NULL : map;
}

struct shm *shm_attach(int fd, const char **why)
{
	struct stat status;
	if (fstat(fd, &status) != 0) {
		*why = "no such descriptor";
		return NULL;
	}
	/* An event log or a cost area may follow. */
	if (status.st_size != (off_t)sizeof(struct shm) &&
		status.st_size != (off_t)(EVENT_LOG_OFFSET + sizeof(struct event_log)) &&
		status.st_size != (off_t)(COST_SHM_OFFSET + sizeof(struct cost_shm))) {
		*why = "the shm has another size";
		return NULL;
	}
	void *map = mmap(NULL, sizeof(struct shm), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		*why = "the shm cannot be mapped";
		return NULL;
	}
	*why = header_error(map);
	if (!*why)
		return map;
	munmap(map, sizeof(struct shm));
	return NULL;
}
