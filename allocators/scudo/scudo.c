#include "allocator.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * It has no call that returns its version, but its directory is named after LLVM's:
 * ".../clang/14.0.6/lib/linux/...".
 */
static void version(char *text, size_t size)
{
	static const char before[] = "/clang/";
	Dl_info info;
	const char *at = NULL;
	if (dladdr((const void *)(uintptr_t)malloc, &info) != 0 && info.dli_fname)
		at = strstr(info.dli_fname, before);
	if (!at) {
		text[0] = '\0';
		return;
	}
	at += sizeof(before) - 1;
	snprintf(text, size, "%.*s", (int)strcspn(at, "/"), at);
}

/* Its malloc_info() names scudo; it comes from the same object file of the archive as malloc. */
static bool owns_malloc(void)
{
	char text[256] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	if (!out)
		return false;
	malloc_info(0, out);
	fclose(out);
	return strstr(text, "scudo") != NULL;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.module = ALLOCATOR_MODULE("libclang_rt.scudo_standalone"),
	.version = version,
	.owns_malloc = owns_malloc,
};
