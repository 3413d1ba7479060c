#pragma once

#include "scenario.h"
#include "shm.h"

#include <stddef.h>

/*
 * Records a failed check, in the trial if this is a child, otherwise in shm, and ends the process
 * at once. Lack of memory or of a thread is not the allocator's failure where a limit of the
 * surroundings was reached: FAILURE_ENGINE then, with the limit as text. Async-signal-safe.
 */
_Noreturn void failure_exit(
	struct task *task, enum failure_kind kind, const void *address, size_t size);
