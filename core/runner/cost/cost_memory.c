/* Memory use from /proc. No stdio, no heap: read(2) into cost_shm. */
#include "cost_memory.h"

#include "cost_shm_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	{"\nPrivate_Dirty:", offsetof(struct cost_memory, private_dirty)},
	{"\nAnonymous:", offsetof(struct cost_memory, anonymous)},
	{"\nPss_Anon:", offsetof(struct cost_memory, pss)},
	{"\nAnonHugePages:", offsetof(struct cost_memory, huge)},
};

/* Reads the file into `text`, terminated; returns its length, or -1. */
static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t sum = 0, got = fd < 0 ? -1 : 0;
	while (fd >= 0 && sum < (ssize_t)size - 1 &&
		(got = read(fd, text + sum, size - 1 - (size_t)sum)) > 0)
		sum += got;
	if (fd >= 0)
		close(fd);
	text[sum] = '\0';
	return got < 0 ? -1 : sum;
}

void cost_memory_read(pid_t pid, struct cost_memory *memory)
{
	char path[64], *text = cost_shm->scratch;
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	memory->known = 0;
	if (read_file(path, text, sizeof(cost_shm->scratch)) <= 0)
		return;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *line = strstr(text, fields[i].name);
		if (!line)
			continue;
		uint64_t kib = strtoull(line + strlen(fields[i].name), NULL, 10);
		*(uint64_t *)((char *)memory + fields[i].offset) = kib * 1024;
		memory->known |= 1U << i;
	}
}

/* "7ffff7d00000-7ffff7d21000 rw-p 00000000 00:00 0": private memory, not backed by a file. */
static bool is_private_memory(const char *line, unsigned long *begin, unsigned long *end)
{
	char *at;
	*begin = strtoul(line, &at, 16);
	if (*at != '-')
		return false;
	*end = strtoul(at + 1, &at, 16);
	return strncmp(at, " rw-p 00000000 00:00 0 ", 23) == 0 && !strstr(at, "[stack");
}

/* Whole huge pages only: 0 or -errno. */
static int collapse(unsigned long begin, unsigned long end)
{
	static const unsigned long huge = 2UL << 20;
	unsigned long first = (begin + huge - 1) & ~(huge - 1), last = end & ~(huge - 1);
	if (first >= last)
		return -ERANGE;
	return madvise((void *)first, last - first, MADV_COLLAPSE) == 0 ? 0 : -errno;
}

int cost_memory_collapse(void)
{
	char *text = cost_shm->scratch, *save = NULL;
	int status = -EINVAL;
	if (read_file("/proc/self/maps", text, sizeof(cost_shm->scratch)) <= 0)
		return -ENOENT;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long begin, end;
		if (is_private_memory(line, &begin, &end) && collapse(begin, end) == 0)
			status = 0; /* some mappings are too small for it, or have holes */
	}
	return status;
}
