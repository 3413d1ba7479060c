/* Where the shared page is: the engine does not tell, so /proc does. */
#include "page.h"
#include "fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct page *parse_mapping(const char *line)
{
	unsigned long start;
	if (!strstr(line, "memfd:forklab-page") || sscanf(line, "%lx-", &start) != 1)
		return NULL;
	return (struct page *)start;
}

/* Without stdio, which allocates. */
struct page *fault_page(void)
{
	static char maps[64 * 1024];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;
	while ((got = read(fd, maps + used, sizeof maps - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	maps[used] = '\0';
	struct page *page = NULL;
	for (char *save, *line = strtok_r(maps, "\n", &save); line && !page;
		line = strtok_r(NULL, "\n", &save))
		page = parse_mapping(line);
	if (!page)
		abort();
	return page;
}
