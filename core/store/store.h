/*
 * Bytes under keys in an SQLite file that survives forklab. Whatever is wrong with the file -
 * damaged, of another program, locked, read-only, full - costs its contents, and never more: a
 * record is returned only if it is complete, and a store that fails once is not used again. Several
 * forklabs may share a file. A connection must not be used in a forked child.
 */
#pragma once

#include "content_hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result_store;

enum { STORE_RECORDS_MAX = 5000, STORE_ERROR_MAX = 1024 };

/*
 * Opens the file, and makes it, and its directory, if there is none. 0, or -errno with a sentence
 * for the user in error[size]; *store is NULL then. Release with store_close(); NULL is harmless.
 */
int store_open(struct result_store **store, const char *path, char *error, size_t size);
void store_close(struct result_store *store);

/*
 * The bytes under a key, for free(), with their number in *size and the second at which they were
 * stored in *taken. NULL: there are none.
 */
void *store_get(
	struct result_store *store, const struct content_hash *key, size_t *size, int64_t *taken);

/*
 * Stores bytes under a key, in place of older ones, and forgets the oldest records beyond
 * STORE_RECORDS_MAX. Nothing if the store has failed.
 */
void store_put(
	struct result_store *store, const struct content_hash *key, const void *bytes, size_t size);

/* What went wrong since store_open(), a sentence for the user; NULL: nothing. */
const char *store_failure(const struct result_store *store);
