#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const step_names[CHILD_STEP_COUNT] = {CHILD_STEP_NAMES};
static const char *const op_names[OP_COUNT] = {OP_NAMES};
static const char *const failure_names[FAILURE_COUNT] = {FAILURE_NAMES};
static const char *const method_names[METHOD_COUNT] = {METHOD_NAMES};
static const char *const mitigation_names[MITIGATION_COUNT] = {MITIGATION_NAMES};

struct shm *shm_map_create(int *fd)
{
	*fd = memfd_create("forklab-page", MFD_CLOEXEC);
	if (*fd < 0)
		return NULL;
	struct shm *shm = MAP_FAILED;
	if (ftruncate(*fd, sizeof(*shm)) == 0)
		shm = mmap(NULL, sizeof(*shm), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (shm == MAP_FAILED) {
		int error = errno;
		close(*fd);
		errno = error;
		return NULL;
	}
	shm->magic = SHM_MAGIC;
	shm->version = SHM_VERSION;
	shm->size = sizeof(*shm);
	snprintf(shm->contract, sizeof(shm->contract), "%s", FORKLAB_CONTRACT);
	return shm;
}

void shm_map_destroy(struct shm *shm, int fd)
{
	if (shm)
		munmap(shm, sizeof(*shm));
	if (fd >= 0)
		close(fd);
}

bool shm_map_is_overwritten(const struct shm *shm, pid_t pid)
{
	pid_t main_tid = atomic_load(&shm->main_tid);
	return shm->magic != SHM_MAGIC || shm->version != SHM_VERSION ||
	       (main_tid && pid > 0 && main_tid != pid);
}

static const char *name_of(const char *const *names, uint32_t count, uint32_t value)
{
	return value < count ? names[value] : "?";
}

const char *child_step_name(uint32_t step)
{
	return name_of(step_names, CHILD_STEP_COUNT, step);
}

const char *op_name(uint32_t op)
{
	return name_of(op_names, OP_COUNT, op);
}

const char *failure_name(uint32_t kind)
{
	return name_of(failure_names, FAILURE_COUNT, kind);
}

const char *fork_method_name(uint32_t method)
{
	return name_of(method_names, METHOD_COUNT, method);
}

const char *mitigation_name(uint32_t mitigation)
{
	return name_of(mitigation_names, MITIGATION_COUNT, mitigation);
}

void call_text(char *text, size_t size, uint32_t op, uint64_t bytes)
{
	if (op == OP_FREE)
		snprintf(text, size, "free()");
	else
		snprintf(text, size, "%s(%" PRIu64 ")", op_name(op), bytes);
}
