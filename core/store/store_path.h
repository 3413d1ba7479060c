/* Where the store of results is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * $XDG_STATE_HOME/forklab/store.sqlite, or below $HOME/.local/state
 * (https://specifications.freedesktop.org/basedir-spec/). False: neither is set to an absolute
 * path.
 */
bool store_default_path(char *path, size_t size);
