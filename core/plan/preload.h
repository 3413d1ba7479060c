/* --preload: shared objects of the user's that become allocators of the catalogue, with no build.
 */
#ifndef FORKLAB_PRELOAD_H
#define FORKLAB_PRELOAD_H

#include "catalogue.h"
#include "options.h"

#include <stddef.h>

/*
 * Adds every object that the options name to the catalogue, in their order, behind what was built:
 * found (a word without '/' by the loader, as a soname), examined (object.h), named, and started
 * once, so that an object which crashes, hangs or is refused by the loader is known before anything
 * is measured. The main process, before any other runner; uses the runner forklab-run-preload of
 * catalogue->directory. Rows that the build preloads by itself are called NAME-built then.
 *
 * Returns 0, or -errno with one sentence for the user in error[size]; what was added by then stays.
 */
int preload_add(
	struct catalogue *catalogue, const struct options *options, char *error, size_t size);

/*
 * The name for an object that the user gave none: that of its file without "lib" and from ".so" on,
 * with what --alloc cannot hold as '-'. If the catalogue has one of that name, "-preload" is added,
 * and if that is there as well a number. Pure.
 */
void preload_name(char name[SHM_NAME_MAX], const struct catalogue *catalogue, const char *path);

#endif
