/*
 * Which malloc answers in this very process. A name on the link line proves nothing: the linker may
 * drop a library that nobody names, and LD_PRELOAD may put another one in front.
 */
#include "runner.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* The object that a function lies in; false when the loader does not know. */
static bool lies_in(const void *function, Dl_info *info)
{
	return dladdr(function, info) != 0 && info->dli_fname;
}

/* Names prove little: two versions of an allocator mostly have the same. */
static bool is_file(const char *path, const struct plan_object *object)
{
	struct stat status;
	return stat(path, &status) == 0 && status.st_dev == object->device &&
	       status.st_ino == object->inode;
}

static bool expected(const Dl_info *found, const struct plan_object *object)
{
	Dl_info self;
	if (object->path[0])
		return is_file(found->dli_fname, object);
	if (allocator.module)
		return strncmp(base_name(found->dli_fname), allocator.module,
			       strlen(allocator.module)) == 0;
	return lies_in((const void *)(uintptr_t)identity_prove, &self) &&
	       self.dli_fbase == found->dli_fbase;
}

static bool mismatch(struct identity *identity, const char *call, const char *from)
{
	snprintf(identity->why, sizeof identity->why, "%s lies in %.60s, not in %s", call,
		base_name(from), allocator.module ? allocator.module : "the runner itself");
	return false;
}

static bool prove(struct identity *identity, const struct plan_object *object)
{
	Dl_info in_malloc, in_free;
	if (!lies_in((const void *)(uintptr_t)malloc, &in_malloc) ||
		!lies_in((const void *)(uintptr_t)free, &in_free))
		return mismatch(identity, "malloc", "an unknown object");
	snprintf(identity->malloc_from, sizeof identity->malloc_from, "%s", in_malloc.dli_fname);
	snprintf(identity->free_from, sizeof identity->free_from, "%s", in_free.dli_fname);
	if (!expected(&in_malloc, object))
		return mismatch(identity, "malloc", in_malloc.dli_fname);
	if (!expected(&in_free, object))
		return mismatch(identity, "free", in_free.dli_fname);
	allocator.version(identity->version, sizeof identity->version);
	if (!identity->version[0])
		snprintf(identity->version, sizeof identity->version, "%s", object->version);
	return true;
}

bool identity_prove(struct page *page)
{
	struct identity *identity = &page->identity;
	snprintf(identity->allocator, sizeof identity->allocator, "%s", allocator.name);
	snprintf(identity->link, sizeof identity->link, "%s", allocator.link);
	bool proven = prove(identity, &page->plan.object);
	atomic_store_explicit(&identity->state, proven ? IDENTITY_PROVEN : IDENTITY_MISMATCH,
		memory_order_release);
	return proven;
}
