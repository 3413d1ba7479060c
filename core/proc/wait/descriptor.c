#include "descriptor.h"

#include "proc.h"
#include "proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 64, LINK_SIZE = 64, INFO_SIZE = 4096 };

static bool read_info(pid_t pid, const char *fd, char *text, size_t size)
{
	return proc_file_read(text, size, "/proc/%d/fdinfo/%.16s", (int)pid, fd) > 0;
}

/* The number behind "Name:" of a fdinfo file, see proc(5); 0: no such line. */
static uint64_t info_number(const char *text, const char *name, int base)
{
	const char *at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

/* "it_value: (seconds, nanoseconds)": what is left. */
static bool is_armed(const char *text)
{
	uint64_t seconds = 0, nanoseconds = 0;
	const char *at = strstr(text, "it_value:");
	return !at ||
	       sscanf(at, "it_value: (%" SCNu64 ", %" SCNu64 ")", &seconds, &nanoseconds) != 2 ||
	       seconds || nanoseconds;
}

static enum descriptor_kind kind_of_link(const char *link)
{
	static const struct {
		const char *prefix;
		enum descriptor_kind kind;
	} kinds[] = {
		{"pipe:[", DESCRIPTOR_PIPE},
		{"socket:[", DESCRIPTOR_SOCKET},
		{"anon_inode:[eventfd]", DESCRIPTOR_EVENTFD},
		{"anon_inode:[timerfd]", DESCRIPTOR_TIMERFD},
		{"anon_inode:[signalfd]", DESCRIPTOR_SIGNALFD},
		{"anon_inode:[eventpoll]", DESCRIPTOR_EPOLL},
		{"anon_inode:[io_uring]", DESCRIPTOR_IO_URING},
		{"anon_inode:[userfaultfd]", DESCRIPTOR_USERFAULTFD},
		{"/", DESCRIPTOR_FILE},
	};
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(link, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return kinds[i].kind;
	return DESCRIPTOR_OTHER;
}

const char *descriptor_kind_name(enum descriptor_kind kind)
{
	static const char *const names[DESCRIPTOR_KINDS] = {
		[DESCRIPTOR_CLOSED] = "closed",
		[DESCRIPTOR_PIPE] = "pipe",
		[DESCRIPTOR_EVENTFD] = "eventfd",
		[DESCRIPTOR_TIMERFD] = "timerfd",
		[DESCRIPTOR_SIGNALFD] = "signalfd",
		[DESCRIPTOR_EPOLL] = "epoll",
		[DESCRIPTOR_IO_URING] = "io_uring",
		[DESCRIPTOR_USERFAULTFD] = "userfaultfd",
		[DESCRIPTOR_SOCKET] = "socket",
		[DESCRIPTOR_FILE] = "file",
		[DESCRIPTOR_OTHER] = "other",
	};
	return names[kind < DESCRIPTOR_KINDS ? kind : DESCRIPTOR_OTHER];
}

/* `directory` is an open /proc/PID/fd. */
static bool read_link(int directory, const char *fd, char link[LINK_SIZE])
{
	ssize_t got = readlinkat(directory, fd, link, LINK_SIZE - 1);
	link[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static DIR *open_table(pid_t pid)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	return opendir(path);
}

struct descriptor descriptor_read(pid_t pid, int fd)
{
	struct descriptor descriptor = {.fd = fd};
	char number[16], link[LINK_SIZE], info[INFO_SIZE];
	snprintf(number, sizeof(number), "%d", fd);
	DIR *table = open_table(pid);
	if (!table || !read_link(dirfd(table), number, link)) {
		if (table)
			closedir(table);
		return descriptor;
	}
	closedir(table);
	descriptor.kind = kind_of_link(link);
	if (!read_info(pid, number, info, sizeof(info)))
		return descriptor;
	if (descriptor.kind == DESCRIPTOR_PIPE)
		descriptor.id = strtoull(link + sizeof("pipe:[") - 1, NULL, 10);
	else if (descriptor.kind == DESCRIPTOR_EVENTFD)
		descriptor.id = info_number(info, "eventfd-id:", 10);
	descriptor.armed = descriptor.kind == DESCRIPTOR_TIMERFD && is_armed(info);
	return descriptor;
}

int descriptor_watched(pid_t pid, int epoll, int *descriptors, int max)
{
	char number[16], info[INFO_SIZE];
	int count = 0;
	snprintf(number, sizeof(number), "%d", epoll);
	if (!read_info(pid, number, info, sizeof(info)))
		return -ESRCH;
	if (strlen(info) == sizeof(info) - 1)
		return max + 1; /* the list was cut off */
	for (const char *at = info; (at = strstr(at, "tfd:")); at++) {
		if (count < max)
			descriptors[count] = (int)strtol(at + sizeof("tfd:") - 1, NULL, 10);
		count++;
	}
	return count;
}

int descriptor_table_read(pid_t pid, bool with_signals, struct descriptor_table *table)
{
	char link[LINK_SIZE], info[INFO_SIZE];
	DIR *directory = open_table(pid);
	*table = (struct descriptor_table){0};
	if (!directory)
		return -errno;
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (!read_link(dirfd(directory), entry->d_name, link))
			continue;
		enum descriptor_kind kind = kind_of_link(link);
		table->io_uring |= kind == DESCRIPTOR_IO_URING;
		table->userfaultfd |= kind == DESCRIPTOR_USERFAULTFD;
		if (with_signals && read_info(pid, entry->d_name, info, sizeof(info)))
			table->signals |= (info_number(info, "flags:", 8) & O_ASYNC) != 0;
	}
	closedir(directory);
	return 0;
}

/* ---- Who else has it ---- */

/* The eventfds of all processes have the same inode; only fdinfo tells them apart. */
static bool is_same(pid_t pid, const char *fd, const char *link, const struct descriptor *wanted)
{
	char info[INFO_SIZE];
	if (kind_of_link(link) != wanted->kind)
		return false;
	if (wanted->kind == DESCRIPTOR_PIPE)
		return strtoull(link + sizeof("pipe:[") - 1, NULL, 10) == wanted->id;
	return read_info(pid, fd, info, sizeof(info)) &&
	       info_number(info, "eventfd-id:", 10) == wanted->id;
}

/* "scm_fds": how many descriptors lie in the queue of a Unix socket, since Linux 5.11. */
static bool has_descriptors_in_queue(pid_t pid, const char *fd, const char *link)
{
	char info[INFO_SIZE];
	return kind_of_link(link) == DESCRIPTOR_SOCKET && read_info(pid, fd, info, sizeof(info)) &&
	       info_number(info, "scm_fds:", 10) > 0;
}

static enum descriptor_holder search_table(pid_t pid, const struct descriptor *wanted, bool inside)
{
	char link[LINK_SIZE];
	enum descriptor_holder result = HELD_INSIDE;
	DIR *table = open_table(pid);
	if (!table)
		return HELD_INSIDE;
	for (struct dirent *entry; result != HELD_OUTSIDE && (entry = readdir(table));) {
		if (entry->d_name[0] == '.' || !read_link(dirfd(table), entry->d_name, link))
			continue;
		if (!inside && is_same(pid, entry->d_name, link, wanted))
			result = HELD_OUTSIDE;
		else if (has_descriptors_in_queue(pid, entry->d_name, link))
			result = HELD_IN_SOCKET;
	}
	closedir(table);
	return result;
}

static bool is_inside(pid_t pid, const struct descriptor_scope *scope)
{
	for (unsigned i = 0; i < scope->count; i++)
		if (scope->inside[i] == pid)
			return true;
	return false;
}

static enum descriptor_holder worse(enum descriptor_holder a, enum descriptor_holder b)
{
	return a == HELD_OUTSIDE || b == HELD_INSIDE ? a : b;
}

static enum descriptor_holder search_kin(
	const struct descriptor *descriptor, const struct descriptor_scope *scope)
{
	enum { KIN_MAX = 64 };
	pid_t kin[KIN_MAX];
	int count = proc_children(scope->inside[0], kin, KIN_MAX - 1);
	enum descriptor_holder worst = count >= KIN_MAX ? HELD_OUTSIDE : HELD_INSIDE;
	count = count < 0 ? 0 : count;
	kin[count < KIN_MAX ? count++ : 0] = proc_parent(scope->inside[0]);
	for (int i = 0; i < count && worst != HELD_OUTSIDE; i++)
		worst = worse(worst, search_table(kin[i], descriptor, is_inside(kin[i], scope)));
	return worst;
}

static enum descriptor_holder search_all(
	const struct descriptor *descriptor, const struct descriptor_scope *scope)
{
	enum descriptor_holder worst = HELD_INSIDE;
	DIR *processes = opendir("/proc");
	if (!processes)
		return HELD_OUTSIDE;
	for (struct dirent *entry; worst != HELD_OUTSIDE && (entry = readdir(processes));) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid > 0)
			worst = worse(worst, search_table(pid, descriptor, is_inside(pid, scope)));
	}
	closedir(processes);
	return worst;
}

enum descriptor_holder descriptor_holder(
	const struct descriptor *descriptor, const struct descriptor_scope *scope)
{
	if (!descriptor->id)
		return HELD_OUTSIDE;
	return scope->near_only ? search_kin(descriptor, scope) : search_all(descriptor, scope);
}
