/* Which Debian package has the debug symbols of a file. Pure. */
#pragma once

#include <stdbool.h>

struct debug_package {
	const char *file; /* prefix of its name */
	const char *name;
	bool debug_archive; /* in Debian's archive of debug packages, not in the main one */
};

/* By the name of the file, without its directory; NULL: unknown. */
const struct debug_package *debug_package_of(const char *file);
