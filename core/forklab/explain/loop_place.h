/*
 * A snapshot of a stuck thread at a place that is the same every time: one that waits is where it
 * waits, and one that goes round a loop is at the loop's first instruction in its outermost
 * function.
 */
#ifndef FORKLAB_EXPLAIN_LOOP_PLACE_H
#define FORKLAB_EXPLAIN_LOOP_PLACE_H

#include "explain/snapshot.h"
#include "model.h"
#include "proc.h"

#include <sys/types.h>

/*
 * Takes it of thread `tid` of process `pid`, which nobody traces and which runs on afterwards; what
 * the kernel said of it is in *task. `finding` says how it is stuck, if it is the thread that the
 * finding is about. 0 or -errno.
 */
int loop_place_snapshot(struct snapshot *snapshot, struct proc_task *task, pid_t pid, pid_t tid,
	const struct finding *finding);

#endif
