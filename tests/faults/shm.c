/* The address of the shared page, from /proc: the engine does not publish it. */
#include "shm.h"
#include "event_log.h"
#include "fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *parse_mapping(const char *line, unsigned long offset)
{
	unsigned long start, at;
	if (!strstr(line, "memfd:forklab-page") ||
		sscanf(line, "%lx-%*x %*s %lx", &start, &at) != 2 || at != offset)
		return NULL;
	return (void *)start;
}

/* Without stdio, which allocates. */
static void *find(unsigned long offset)
{
	static char maps[64 * 1024];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;
	while ((got = read(fd, maps + used, sizeof(maps) - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	maps[used] = '\0';
	void *found = NULL;
	for (char *save, *line = strtok_r(maps, "\n", &save); line && !found;
		line = strtok_r(NULL, "\n", &save))
		found = parse_mapping(line, offset);
	if (!found)
		abort();
	return found;
}

struct shm *fault_shm(void)
{
	return find(0);
}

struct event_log *fault_event_log(void)
{
	return find(EVENT_LOG_OFFSET);
}
