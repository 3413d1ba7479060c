/* File descriptors of another process, as /proc/PID/fd and fdinfo show them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What is behind a descriptor. */
enum descriptor_kind {
	DESCRIPTOR_CLOSED, /* nothing */
	DESCRIPTOR_PIPE,
	DESCRIPTOR_EVENTFD,
	DESCRIPTOR_TIMERFD,
	DESCRIPTOR_SIGNALFD,
	DESCRIPTOR_EPOLL,
	DESCRIPTOR_IO_URING,
	DESCRIPTOR_USERFAULTFD,
	DESCRIPTOR_SOCKET,
	DESCRIPTOR_FILE, /* with a path: a file, a device, a named pipe */
	DESCRIPTOR_OTHER,
	DESCRIPTOR_KINDS
};

struct descriptor {
	int fd;
	enum descriptor_kind kind;
	uint64_t id; /* names a pipe or an eventfd among all processes; 0: not known */
	bool armed;  /* of a timerfd: it will expire */
};

/* "pipe", "eventfd": a name for programs. */
const char *descriptor_kind_name(enum descriptor_kind kind);

/* Reads one descriptor. Any process and thread; needs the right to read /proc/PID/fd. */
struct descriptor descriptor_read(pid_t pid, int fd);

/*
 * The descriptors that an epoll descriptor watches: up to `max` of them. Returns their number
 * (may be greater), or -errno.
 */
int descriptor_watched(pid_t pid, int epoll, int *descriptors, int max);

/* What the open descriptors of a process are. */
struct descriptor_table {
	bool io_uring;    /* one of them is an io_uring */
	bool userfaultfd; /* or handles page faults */
	bool signals;     /* a signal is sent when one becomes ready (O_ASYNC) */
};

/*
 * Looks at all descriptors of a process; `signals` only if `with_signals`, which costs a file more
 * for each. 0 or -errno.
 */
int descriptor_table_read(pid_t pid, bool with_signals, struct descriptor_table *table);

enum descriptor_holder {
	HELD_INSIDE,   /* only the processes that were named hold it */
	HELD_OUTSIDE,  /* another process does */
	HELD_IN_SOCKET /* descriptors lie in the queue of a socket, and it may be one of them */
};

/* Where to look for other holders. */
struct descriptor_scope {
	const pid_t *inside; /* the processes that may hold it */
	unsigned count;
	bool near_only; /* look only at parent and children of the first one */
};

/*
 * Looks for other processes that hold the pipe or eventfd: among all of the machine, which takes
 * some 10 ms on a busy one, or among the next of kin. Processes of other users, which cannot be
 * read without privilege, are taken not to have it: they can only have got it through a socket.
 */
enum descriptor_holder descriptor_holder(
	const struct descriptor *descriptor, const struct descriptor_scope *scope);
