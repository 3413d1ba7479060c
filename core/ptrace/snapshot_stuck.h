/*
 * A snapshot of a stuck thread at a reproducible location: a waiting thread in its wait, a looping
 * thread at the first instruction of the loop in the loop's outermost function.
 */
#pragma once

#include "proc.h"
#include "snapshot.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Takes it of thread `tid` of process `pid`, which must have no tracer and runs on afterwards.
 * *task gets its state according to the kernel. `futex` is the word that it waits for or polls; 0:
 * none. 0 or -errno.
 */
int snapshot_stuck_take(
	struct snapshot *snapshot, struct proc_task *task, pid_t pid, pid_t tid, uint64_t futex);
