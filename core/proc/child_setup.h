/*
 * What a new child does to itself between fork and exec. Async-signal-safe. Each returns false with
 * errno set when it fails.
 */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * A session of its own, and SIGKILL when `parent` dies. False also when the parent is dead already:
 * then that signal never comes.
 */
bool child_new_session(pid_t parent);

/* Unblocks all signals: forklab blocks some to read them from a descriptor. */
bool child_unblock_signals(void);

/* Sets both the soft and the hard limit. */
bool child_limit(int resource, rlim_t value);

/*
 * Lets the kernel kill this process and its descendants first when memory is short, and not
 * forklab. A failure does not matter.
 */
void child_prefer_for_oom(void);

/* Makes these its standard streams. None of them may be a standard descriptor already. */
bool child_streams(int input, int output, int error);
