#include "content_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

struct content_hash content_hash(const void *bytes, size_t size)
{
	XXH128_canonical_t canonical;
	struct content_hash hash;
	XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, size));
	memcpy(hash.byte, canonical.digest, sizeof(hash.byte));
	return hash;
}

/* ---- Files ---- */

enum { KNOWN_MAX = 256 };

/* Every change of a file changes its ctime, which nobody can set. */
struct known_file {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
	struct content_hash hash;
};

static struct known_file known[KNOWN_MAX];
static size_t known_count;

static const struct content_hash *find(const struct stat *status)
{
	for (size_t i = 0; i < known_count && i < KNOWN_MAX; i++)
		if (known[i].device == status->st_dev && known[i].inode == status->st_ino &&
			known[i].size == status->st_size &&
			known[i].changed.tv_sec == status->st_ctim.tv_sec &&
			known[i].changed.tv_nsec == status->st_ctim.tv_nsec)
			return &known[i].hash;
	return NULL;
}

static void remember(const struct stat *status, const struct content_hash *hash)
{
	known[known_count++ % KNOWN_MAX] = (struct known_file){
		status->st_dev, status->st_ino, status->st_size, status->st_ctim, *hash};
}

static int hash_open_file(int fd, struct content_hash *hash)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	const struct content_hash *before = find(&status);
	if (before) {
		*hash = *before;
		return 0;
	}
	if (status.st_size == 0) {
		*hash = content_hash("", 0);
		return 0;
	}
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	*hash = content_hash(bytes, (size_t)status.st_size);
	munmap(bytes, (size_t)status.st_size);
	remember(&status, hash);
	return 0;
}

int content_hash_file(const char *path, struct content_hash *hash)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	int error = hash_open_file(fd, hash);
	close(fd);
	return error;
}
