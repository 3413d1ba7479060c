#include "mapped_files.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = PATH_MAX + 128, USELESS = MAPPED_FILES_MAX + 1 };

/* The kernel gives shared memory a path, but no file has it: MAP_SHARED | MAP_ANONYMOUS, too. */
static bool is_shared_memory(const char *path)
{
	return strncmp(path, "/memfd:", 7) == 0 || strcmp(path, "/dev/zero (deleted)") == 0;
}

/* The path of a line of /proc/PID/maps; NULL: memory without a file, or shared memory. */
static char *path_of(char *line)
{
	char *path = strchr(line, '/');
	line[strcspn(line, "\n")] = '\0';
	return path && !is_shared_memory(path) ? path : NULL;
}

static bool is_deleted(const char *path)
{
	static const char end[] = " (deleted)";
	size_t length = strlen(path);
	return length >= sizeof(end) && strcmp(path + length - (sizeof(end) - 1), end) == 0;
}

static int add(char file[MAPPED_FILES_MAX][MAPPED_PATH_MAX], int count, const char *path)
{
	for (int i = 0; i < count; i++)
		if (strcmp(file[i], path) == 0)
			return count;
	if (count >= MAPPED_FILES_MAX || strlen(path) >= MAPPED_PATH_MAX || is_deleted(path))
		return USELESS;
	memcpy(file[count], path, strlen(path) + 1);
	return count + 1;
}

static int compare_paths(const void *one, const void *other)
{
	return strcmp(one, other);
}

int mapped_files(pid_t pid, char file[MAPPED_FILES_MAX][MAPPED_PATH_MAX])
{
	char name[32], line[LINE_SIZE];
	int count = 0;
	(void)snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	FILE *maps = fopen(name, "re");
	if (!maps)
		return -errno;
	while (count < USELESS && fgets(line, sizeof(line), maps)) {
		const char *path = path_of(line);
		if (path)
			count = add(file, count, path);
	}
	(void)fclose(maps);
	/* Address-space randomisation changes the order in which files are mapped. */
	if (count > 0 && count < USELESS)
		qsort(file, (size_t)count, sizeof(file[0]), compare_paths);
	/* Of a process that has ended the file is empty. */
	return count > 0 ? count : -ESRCH;
}
