#include "shm_attach.h"

#include "cost_shm.h"
#include "event_log.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The header is judged before the rest is touched: a short file would be SIGBUS later. */
static const char *header_error(const struct shm *shm)
{
	if (shm->magic != SHM_MAGIC)
		return "not a page of forklab's";
	if (shm->version != SHM_VERSION || shm->size != sizeof(struct shm))
		return "the page has another version";
	if (strncmp(shm->contract, FORKLAB_CONTRACT, sizeof(shm->contract)) != 0)
		return "forklab and this runner are of different builds";
	return NULL;
}

struct shm *shm_attach(int fd, const char **why)
{
	struct stat status;
	if (fstat(fd, &status) != 0) {
		*why = "no such descriptor";
		return NULL;
	}
	/* A trace may lie behind it, or what a fork costs. */
	if (status.st_size != (off_t)sizeof(struct shm) &&
		status.st_size != (off_t)(EVENT_LOG_OFFSET + sizeof(struct event_log)) &&
		status.st_size != (off_t)(COST_SHM_OFFSET + sizeof(struct cost_shm))) {
		*why = "the page has another size";
		return NULL;
	}
	void *map = mmap(NULL, sizeof(struct shm), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		*why = "the page cannot be mapped";
		return NULL;
	}
	*why = header_error(map);
	if (!*why)
		return map;
	munmap(map, sizeof(struct shm));
	return NULL;
}
