#include "debug_package.h"

#include <stddef.h>
#include <string.h>

static const struct debug_package packages[] = {
	{"libc.so.", "libc6-dbg", false},
	{"ld-linux", "libc6-dbg", false},
	{"libm.so.", "libc6-dbg", false},
	{"libc_malloc_debug", "libc6-dbg", false},
	{"libjemalloc.so.", "libjemalloc2-dbgsym", true},
	{"libmimalloc.so.", "libmimalloc2.0-dbgsym", true},
	{"libtcmalloc_minimal.so.", "libtcmalloc-minimal4-dbgsym", true},
	{"libtcmalloc_minimal_debug.so.", "libtcmalloc-minimal4-dbgsym", true},
	{"libtcmalloc", "libgoogle-perftools4-dbgsym", true},
	{"libtbbmalloc", "libtbbmalloc2-dbgsym", true},
	{"libstdc++.so.", "libstdc++6-dbgsym", true},
};

const struct debug_package *debug_package_of(const char *file)
{
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strncmp(file, packages[i].file, strlen(packages[i].file)) == 0)
			return &packages[i];
	return NULL;
}
