/* What identifies contents: 128 bits of XXH3 (https://xxhash.com), which no accident repeats. */
#pragma once

#include <stddef.h>

enum { CONTENT_HASH_SIZE = 16 };

struct content_hash {
	unsigned char byte[CONTENT_HASH_SIZE];
};

struct content_hash content_hash(const void *bytes, size_t size);

/*
 * The contents of a file. Read once as long as its size, times and inode stay the same. 0 or
 * -errno; -EINVAL: not a regular file. Any one thread.
 */
int content_hash_file(const char *path, struct content_hash *hash);
