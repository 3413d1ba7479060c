/*
 * Which malloc this process uses. The link line proves nothing: the linker may drop an unreferenced
 * library, and LD_PRELOAD may interpose another one. dladdr() does not work in a static program;
 * dl_iterate_phdr() always does.
 */
#include "identity.h"

#include "allocator.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The object that contains a function. */
struct loaded_object {
	uintptr_t function, base;
	char path[SHM_PATH_MAX];
};

static bool holds(const struct dl_phdr_info *object, uintptr_t address)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD &&
			address - object->dlpi_addr - segment->p_vaddr < segment->p_memsz)
			return true;
	}
	return false;
}

/* The name of the program itself is empty, and in musl's static programs "/proc/self/exe". */
static void copy_path(const char *name, char path[SHM_PATH_MAX])
{
	ssize_t length = -1;
	if (!name || !*name || strcmp(name, "/proc/self/exe") == 0)
		length = readlink("/proc/self/exe", path, SHM_PATH_MAX - 1);
	if (length >= 0)
		path[length] = '\0';
	else
		snprintf(path, SHM_PATH_MAX, "%s", name && *name ? name : "the runner itself");
}

static int match_object(struct dl_phdr_info *object, size_t size, void *context)
{
	struct loaded_object *found = context;
	(void)size;
	if (!holds(object, found->function))
		return 0;
	found->base = object->dlpi_addr;
	copy_path(object->dlpi_name, found->path);
	return 1;
}

/* False if no loaded object contains it. */
static bool find_object(uintptr_t function, struct loaded_object *found)
{
	*found = (struct loaded_object){.function = function};
	return dl_iterate_phdr(match_object, found) == 1;
}

/* Not by name: two versions of an allocator usually have the same. */
static bool is_file(const char *path, const struct plan_object *object)
{
	struct stat status;
	return stat(path, &status) == 0 && status.st_dev == object->device &&
	       status.st_ino == object->inode;
}

static bool expected(const struct loaded_object *found, const struct plan_object *object)
{
	struct loaded_object self;
	if (object->path[0])
		return is_file(found->path, object);
	if (allocator.module)
		return strncmp(base_name(found->path), allocator.module,
			       strlen(allocator.module)) == 0;
	return find_object((uintptr_t)identity_prove, &self) && self.base == found->base;
}

static bool mismatch(struct identity *identity, const char *call, const char *from)
{
	snprintf(identity->why, sizeof(identity->why), "%s lies in %.60s, not in %s", call,
		base_name(from), allocator.module ? allocator.module : "the runner itself");
	return false;
}

static bool prove(struct identity *identity, const struct plan_object *object, bool may_allocate)
{
	struct loaded_object in_malloc, in_free;
	if (!find_object((uintptr_t)malloc, &in_malloc) || !find_object((uintptr_t)free, &in_free))
		return mismatch(identity, "malloc", "an unknown object");
	snprintf(identity->malloc_from, sizeof(identity->malloc_from), "%s", in_malloc.path);
	snprintf(identity->free_from, sizeof(identity->free_from), "%s", in_free.path);
	if (!expected(&in_malloc, object))
		return mismatch(identity, "malloc", in_malloc.path);
	if (!expected(&in_free, object))
		return mismatch(identity, "free", in_free.path);
	if (may_allocate && allocator.owns_malloc && !allocator.owns_malloc()) {
		snprintf(identity->why, sizeof(identity->why),
			"malloc and free are where they should be, but %s's statistics do not "
			"count their calls",
			allocator.name);
		return false;
	}
	if (allocator.version)
		allocator.version(identity->version, sizeof(identity->version));
	if (!identity->version[0])
		snprintf(identity->version, sizeof(identity->version), "%s", object->version);
	return true;
}

bool identity_prove(struct shm *shm, bool may_allocate)
{
	struct identity *identity = &shm->identity;
	snprintf(identity->allocator, sizeof(identity->allocator), "%s", allocator.name);
	snprintf(identity->link, sizeof(identity->link), "%s", allocator.link);
	bool proven = prove(identity, &shm->plan.object, may_allocate);
	atomic_store_explicit(&identity->state, proven ? IDENTITY_PROVEN : IDENTITY_MISMATCH,
		memory_order_release);
	return proven;
}
