/* The workers of the parent that forklab keeps out of the allocator while it examines the parent.
 */
#pragma once

#include "evidence.h"

#include <stdbool.h>
#include <stdint.h>

struct paused_workers {
	unsigned count;
	int32_t tid[SHM_WORKERS_MAX + 1];
};

/*
 * Empty for a child; with the idle thread of a sweep, if the suspect names it. To be read before
 * the threads are scanned, never after: a paused worker stays paused as long as the request stands,
 * but one that is seen paused afterwards may have been in the allocator during the scan.
 */
struct paused_workers paused_workers_read(const struct suspect *suspect);

bool paused_workers_have(const struct paused_workers *paused, pid_t tid);
