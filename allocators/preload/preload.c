/*
 * Any preloaded allocator. Its version comes from the first of the known calls that the object with
 * malloc defines.
 */
#include "allocator.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef int mallctl_fn(const char *name, void *old, size_t *old_size, void *new, size_t new_size);

/*
 * Weak references, resolved by the loader at the start: a dlsym() that finds nothing allocates a
 * message whose size depends on the path of this program, and so would the heap that is swept.
 */
#define WEAK __attribute__((weak))
extern WEAK mallctl_fn mallctl, je_mallctl;
extern WEAK int mi_version(void);
extern WEAK const char *tc_version(int *major, int *minor, const char **patch);

static void version_by_mallctl(mallctl_fn *function, char *text, size_t size)
{
	const char *full = NULL;
	size_t length = sizeof(full);
	int major, minor, patch;
	if (function("version", &full, &length, NULL, 0) != 0 || !full)
		return;
	/* "5.3.0-0-g54eaed1d...": the commit is left out. */
	if (sscanf(full, "%d.%d.%d", &major, &minor, &patch) == 3)
		snprintf(text, size, "%d.%d.%d", major, minor, patch);
	else
		snprintf(text, size, "%s", full);
}

/* One digit per part, 209 is 2.0.9; later releases have two for each part but the first. */
static void ask_mi_version(char *text, size_t size)
{
	int number = mi_version();
	int base = number < 10000 ? 10 : 100;
	snprintf(text, size, "%d.%d.%d", number / base / base, number / base % base, number % base);
}

static void ask_tc_version(char *text, size_t size)
{
	int major = 0, minor = 0;
	const char *patch = NULL;
	tc_version(&major, &minor, &patch);
	snprintf(text, size, "%d.%d%s", major, minor, patch ? patch : "");
}

static void ask_mallctl(char *text, size_t size)
{
	version_by_mallctl(mallctl, text, size);
}

static void ask_je_mallctl(char *text, size_t size)
{
	version_by_mallctl(je_mallctl, text, size);
}

static const struct {
	void *function; /* NULL: nothing loaded defines it */
	void (*ask)(char *text, size_t size);
} calls[] = {
	{(void *)mallctl, ask_mallctl},
	{(void *)je_mallctl, ask_je_mallctl},
	{(void *)mi_version, ask_mi_version},
	{(void *)tc_version, ask_tc_version},
};

static int in_object_of_malloc(const void *function)
{
	Dl_info mine, its;
	return dladdr((const void *)(uintptr_t)malloc, &mine) != 0 && dladdr(function, &its) != 0 &&
	       mine.dli_fbase == its.dli_fbase;
}

static void version(char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && !text[0]; i++)
		if (calls[i].function && in_object_of_malloc(calls[i].function))
			calls[i].ask(text, size);
}

/* Defined if the build chooses the object instead of --preload. */
#ifndef ALLOCATOR_OBJECT
#define ALLOCATOR_OBJECT "the preloaded object"
#endif

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_OBJECT,
	.version = version,
};
