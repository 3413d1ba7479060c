/*
 * A plain runner that executes itself under valgrind first. valgrind replaces libc's malloc in
 * place, so the address of malloc proves nothing, and RUNNING_ON_VALGRIND is used instead.
 */
#include "allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

enum { EXE_PATH_MAX = 512 };

/* forklab sets FORKLAB_REPORTS; each process writes its own report there. */
__attribute__((constructor)) static void exec_valgrind(int argc, char **argv)
{
	char self[EXE_PATH_MAX] = "", reports[EXE_PATH_MAX + 32];
	const char *directory = getenv("FORKLAB_REPORTS");
	if (RUNNING_ON_VALGRIND || argc != 3 ||
		readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
		return;
	snprintf(reports, sizeof(reports), "--xml-file=%s%s",
		directory && strlen(directory) < EXE_PATH_MAX ? directory : "/dev/null",
		directory ? "/%p.xml" : "");
	char *const under[] = {(char *)VALGRIND, (char *)"-q", (char *)"--tool=" VALGRIND_TOOL,
		(char *)"--xml=yes", reports, (char *)"--child-silent-after-fork=no", self, argv[1],
		argv[2], NULL};
	execv(VALGRIND, under);
	perror(VALGRIND);
}

static void version(char *text, size_t size)
{
	snprintf(text, size, "valgrind %d.%d", __VALGRIND_MAJOR__, __VALGRIND_MINOR__);
}

static bool owns_malloc(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = "libc.so",
	.version = version,
	.owns_malloc = owns_malloc,
};
