/*
 * A snapshot of a stuck thread at a place that is the same every time: one that waits is where it
 * waits, and one that goes round a loop is at the loop's first instruction in its outermost
 * function.
 */
#ifndef FORKLAB_SNAPSHOT_STUCK_H
#define FORKLAB_SNAPSHOT_STUCK_H

#include "proc.h"
#include "snapshot.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Takes it of thread `tid` of process `pid`, which nobody traces and which runs on afterwards; what
 * the kernel said of it is in *task. `futex` is the word that it is known to wait for, or to look
 * at; 0: none. 0 or -errno.
 */
int snapshot_stuck_take(
	struct snapshot *snapshot, struct proc_task *task, pid_t pid, pid_t tid, uint64_t futex);

#endif
