#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMP_ATTEMPTS = 100 };

static int write_error(const char *name, int status, char *error, size_t size)
{
	(void)snprintf(error, size, "cannot write %s: %s", name, strerror(-status));
	return status;
}

/* The file that `path` names, with symbolic links resolved; NULL with errno set. */
static char *resolve(const char *path)
{
	char *copy = NULL, *directory = NULL, *target = realpath(path, NULL);
	if (target || errno != ENOENT)
		return target;
	/* The file need not exist, its directory must. */
	copy = strdup(path);
	if (!copy)
		return NULL;
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	directory = realpath(dirname(copy), NULL);
	if (*base == '\0')
		errno = *path ? EISDIR : ENOENT;
	else if (directory && asprintf(&target, "%s/%s", directory, base) < 0)
		target = NULL;
	free(directory);
	free(copy);
	return target;
}

/* Sets output->temp to the n-th possible name of the new file. */
static int name_temp(struct output *output, int n)
{
	int directory = (int)(strrchr(output->target, '/') - output->target);
	free(output->temp);
	if (asprintf(&output->temp, "%.*s/.forklab-%d-%d", directory, output->target, getpid(),
		    n) >= 0)
		return 0;
	output->temp = NULL;
	return -ENOMEM;
}

/* Tries names until one is free: a killed process with the same pid may have left files. */
static int use_free_name(struct output *output, int (*use)(const char *name, int fd), int fd)
{
	int result = -EEXIST;
	for (int n = 0; result == -EEXIST && n < TEMP_ATTEMPTS; n++) {
		result = name_temp(output, n);
		if (result == 0)
			result = use(output->temp, fd);
	}
	output->named = result >= 0;
	return result;
}

static int create_named(const char *name, int fd)
{
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	return fd < 0 ? -errno : fd;
}

static int link_temp(const char *name, int fd)
{
	char from[64];
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

/* A new file in the directory of output->target, unnamed if possible. */
static int make_temp(struct output *output)
{
	char *copy = strdup(output->target);
	int fd;
	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(copy);
	return fd >= 0 ? fd : use_free_name(output, create_named, -1);
}

/* The descriptor of a new file that is to replace the regular file `old`; NULL: there is none. */
static int open_replacement(struct output *output, const char *path, const struct stat *old)
{
	int fd;
	/* rename() needs no write permission on the old file, but replacing a read-only file is
	 * wrong. */
	if (old && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
		return -errno;
	output->target = resolve(path);
	if (!output->target)
		return -errno;
	fd = make_temp(output);
	if (fd >= 0 && old)
		(void)fchmod(fd, old->st_mode & 07777);
	return fd;
}

static bool is_standard_output(const struct stat *file)
{
	struct stat standard;
	return fstat(STDOUT_FILENO, &standard) == 0 && standard.st_dev == file->st_dev &&
	       standard.st_ino == file->st_ino;
}

static int open_file(struct output *output, const char *path)
{
	struct stat old;
	int fd;
	if (stat(path, &old) != 0)
		return errno == ENOENT ? open_replacement(output, path, NULL) : -errno;
	if (is_standard_output(&old))
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
	else if (S_ISREG(old.st_mode))
		return open_replacement(output, path, &old);
	else
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

static int open_standard(struct output *output, char *error, size_t size)
{
	output->name = "standard output";
	output->stream = stdout;
	if (fcntl(STDOUT_FILENO, F_GETFD) >= 0)
		return 0;
	int status = -errno;
	output->stream = NULL;
	return write_error(output->name, status, error, size);
}

int output_open(struct output *output, const char *path, char *error, size_t size)
{
	int fd, status;
	*output = (struct output){.name = path};
	if (!path || strcmp(path, "-") == 0)
		return open_standard(output, error, size);
	fd = open_file(output, path);
	if (fd >= 0) {
		output->stream = fdopen(fd, "w");
		if (output->stream)
			return 0;
		status = -errno;
		(void)close(fd);
	} else {
		status = fd;
	}
	output_abandon(output);
	return write_error(path, status, error, size);
}

/*
 * An earlier write failed, and its errno is lost. A file that replaces another one is discarded
 * now, so one more byte does no harm, and fails for the same reason.
 */
static int reason_of_failed_write(const struct output *output, int fd)
{
	return output->target && write(fd, "", 1) < 0 ? -errno : -EIO;
}

/* 0 when everything is on disk, or -errno. */
static int flush_to_disk(struct output *output)
{
	int fd = fileno(output->stream);
	if (fflush(output->stream) != 0)
		return -errno;
	if (ferror(output->stream))
		return reason_of_failed_write(output, fd);
	return output->target && fsync(fd) != 0 ? -errno : 0;
}

static int replace_target(struct output *output)
{
	int status = output->named ? 0 : use_free_name(output, link_temp, fileno(output->stream));
	if (status != 0)
		return status;
	if (rename(output->temp, output->target) != 0)
		return -errno;
	output->named = false; /* it must not be removed any more */
	return 0;
}

int output_commit(struct output *output, char *error, size_t size)
{
	const char *name = output->name;
	int status = flush_to_disk(output);
	if (status == 0 && output->target)
		status = replace_target(output);
	output_abandon(output);
	return status == 0 ? 0 : write_error(name, status, error, size);
}

void output_abandon(struct output *output)
{
	if (output->stream && output->stream != stdout)
		(void)fclose(output->stream);
	if (output->named)
		(void)unlink(output->temp);
	free(output->temp);
	free(output->target);
	*output = (struct output){0};
}
