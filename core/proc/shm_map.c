#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const step_names[STEP_COUNT] = STEP_NAMES;
static const char *const op_names[OP_COUNT] = OP_NAMES;
static const char *const failure_names[FAILURE_COUNT] = FAILURE_NAMES;
static const char *const method_names[METHOD_COUNT] = METHOD_NAMES;
static const char *const cure_names[CURE_COUNT] = CURE_NAMES;

struct page *pages_make(int *fd)
{
	*fd = memfd_create("forklab-page", MFD_CLOEXEC);
	if (*fd < 0)
		return NULL;
	struct page *page = MAP_FAILED;
	if (ftruncate(*fd, sizeof *page) == 0)
		page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (page == MAP_FAILED) {
		int error = errno;
		close(*fd);
		errno = error;
		return NULL;
	}
	page->magic = PAGE_MAGIC;
	page->version = PAGE_VERSION;
	page->size = sizeof *page;
	snprintf(page->contract, sizeof page->contract, "%s", FORKLAB_CONTRACT);
	return page;
}

void pages_drop(struct page *page, int fd)
{
	if (page)
		munmap(page, sizeof *page);
	if (fd >= 0)
		close(fd);
}

bool pages_overwritten(const struct page *page, pid_t pid)
{
	pid_t main_tid = atomic_load(&page->main_tid);
	return page->magic != PAGE_MAGIC || page->version != PAGE_VERSION ||
	       (main_tid && pid > 0 && main_tid != pid);
}

char *pages_text(char *to, size_t size, const char *from, size_t max)
{
	size_t i = 0;
	for (; i + 1 < size && i < max && from[i]; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
	return to;
}

static const char *name_of(const char *const *names, uint32_t count, uint32_t value)
{
	return value < count ? names[value] : "?";
}

const char *pages_step_name(uint32_t step)
{
	return name_of(step_names, STEP_COUNT, step);
}

const char *pages_op_name(uint32_t op)
{
	return name_of(op_names, OP_COUNT, op);
}

const char *pages_failure_name(uint32_t kind)
{
	return name_of(failure_names, FAILURE_COUNT, kind);
}

const char *pages_method_name(uint32_t method)
{
	return name_of(method_names, METHOD_COUNT, method);
}

const char *pages_cure_name(uint32_t cure)
{
	return name_of(cure_names, CURE_COUNT, cure);
}

int pages_method_from_name(const char *name)
{
	for (int i = 0; i < METHOD_COUNT; i++)
		if (strcmp(method_names[i], name) == 0)
			return i;
	return -1;
}

void pages_call(char *text, size_t size, uint32_t op, uint64_t bytes)
{
	if (op == OP_FREE)
		snprintf(text, size, "free()");
	else
		snprintf(text, size, "%s(%" PRIu64 ")", pages_op_name(op), bytes);
}
