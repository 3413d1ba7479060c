#include "link_kind.h"

#include <string.h>

static const char *const names[LINK_KINDS] = {
	[LINK_UNKNOWN] = "",
	[LINK_SHARED] = "shared",
	[LINK_STATIC] = "static",
	[LINK_ARCHIVE] = "archive",
	[LINK_PRELOAD] = "preload",
	[LINK_BUILT_IN] = "built-in",
	[LINK_WRAPPER] = "wrapper",
};

const char *link_kind_name(enum link_kind link)
{
	return names[link];
}

enum link_kind link_kind_from_name(const char *name)
{
	for (int link = 0; link < LINK_KINDS; link++)
		if (strcmp(names[link], name) == 0)
			return (enum link_kind)link;
	return LINK_UNKNOWN;
}
