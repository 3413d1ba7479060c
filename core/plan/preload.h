/* --preload: makes shared objects of the user allocators of the catalogue, without a build. */
#pragma once

#include "catalogue.h"
#include "options.h"

#include <stddef.h>

/*
 * Adds every object that the options name to the end of the catalogue, in order. Each one is found
 * (a name without '/' by the loader, as a soname), examined (shared_object.h), named, and started
 * once, so that an object that crashes, hangs or does not load is reported before anything is
 * measured. Main process only, before any other runner; uses the runner forklab-run-preload of
 * catalogue->directory. Rows that the build itself preloads are renamed NAME-built.
 *
 * 0, or -errno with one sentence for the user in error[size]; entries added so far stay.
 */
int preload_add(
	struct catalogue *catalogue, const struct options *options, char *error, size_t size);

/*
 * The default name of an object: its file name without "lib" and from ".so" on, with '-' for what
 * --alloc does not allow. If the catalogue has that name, "-preload" is appended, and then a
 * number. Pure.
 */
void preload_name(char name[SHM_NAME_MAX], const struct catalogue *catalogue, const char *path);
