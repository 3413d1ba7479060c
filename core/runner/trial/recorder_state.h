/* Records the descriptor table and the heap for a trace. No-ops without a trace. */
#pragma once

#include "event_log.h"

/*
 * Parent: main thread, with no fork in progress. Child: its one thread. The descriptor that this
 * function opens itself is not listed. Does not allocate; async-signal-safe.
 */
void recorder_fd_table(enum event_moment moment);

/* In the parent it waits, with a time limit, for the workers to pause. */
void recorder_heap(enum event_moment moment);
