#include "store_path.h"

#include <stdio.h>
#include <stdlib.h>

#define IN_STATE_HOME "/forklab/store.sqlite"

bool store_default_path(char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length = 0;
	if (state && *state == '/')
		length = snprintf(path, size, "%s" IN_STATE_HOME, state);
	else if (home && *home == '/')
		length = snprintf(path, size, "%s/.local/state" IN_STATE_HOME, home);
	return length > 0 && (size_t)length < size;
}
