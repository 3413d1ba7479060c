#include "cost_shm.h"
#include "event_log.h"
#include "runner.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The header is judged before the rest is touched: a short file would be SIGBUS later. */
static const char *header_wrong(const struct page *page)
{
	if (page->magic != PAGE_MAGIC)
		return "not a page of forklab's";
	if (page->version != PAGE_VERSION || page->size != sizeof(struct page))
		return "the page has another version";
	if (strncmp(page->contract, FORKLAB_CONTRACT, sizeof page->contract) != 0)
		return "forklab and this runner are of different builds";
	return NULL;
}

struct page *page_attach(int fd, const char **why)
{
	struct stat status;
	if (fstat(fd, &status) != 0) {
		*why = "no such descriptor";
		return NULL;
	}
	/* A trace may lie behind it, or what a fork costs. */
	if (status.st_size != (off_t)sizeof(struct page) &&
		status.st_size != (off_t)(TRACE_OFFSET + sizeof(struct trace)) &&
		status.st_size != (off_t)(COST_OFFSET + sizeof(struct cost_sheet))) {
		*why = "the page has another size";
		return NULL;
	}
	void *map = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		*why = "the page cannot be mapped";
		return NULL;
	}
	*why = header_wrong(map);
	if (!*why)
		return map;
	munmap(map, sizeof(struct page));
	return NULL;
}
