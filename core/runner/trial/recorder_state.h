/* The looks that a trace takes at the table of descriptors and at the heap. Nothing without a
 * trace. */
#ifndef FORKLAB_RECORDER_STATE_H
#define FORKLAB_RECORDER_STATE_H

#include "event_log.h"

/*
 * Parent: main thread, with no trial's fork under way. Child: its one thread. What the look at the
 * descriptors itself opens is not listed; it allocates nothing and is async-signal-safe.
 */
void recorder_fd_table(enum event_moment moment);

/* In the parent the workers are waited for first, but not for long. */
void recorder_heap(enum event_moment moment);

#endif
