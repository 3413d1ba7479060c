/*
 * Who could end the wait of a thread from outside of its process? Reads /proc and the memory of the
 * process; stops and changes nothing.
 */
#pragma once

#include "deadlock.h"
#include "descriptor.h"

#include <sys/types.h>

/* What a source was found at. */
struct wait_source {
	int fd; /* that the thread waits for and that is, or may be, ended from outside; -1: none */
	enum descriptor_kind kind; /* of that descriptor */
};

/*
 * DEADLOCK_PROVEN: nothing outside of the processes of the scope ends this wait; else what does. Of
 * an untimed wait of a sleeping thread; any other is DEADLOCK_PROVEN. `scan` is of its process.
 * *source is set in each case of WAIT_DESCRIPTOR.
 */
enum deadlock_obstacle wait_source(const struct proc_scan *scan, const struct proc_task *task,
	const struct descriptor_scope *scope, struct wait_source *source);

/*
 * Whether `other` uses the memory of `pid` without being a thread of it (vfork, CLONE_VM). False
 * also where the kernel does not say so (kcmp(2) is missing or forbidden).
 */
bool wait_source_same_memory(pid_t pid, pid_t other);
