/*
 * Proves that a process is blocked forever. docs/verdicts.md has the conditions. For forklab's main
 * thread only: it is the tracer, and the scans are too large for the stack.
 */
#pragma once

#include "evidence.h"
#include "model.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * True when all threads of the process, and of the child processes that it waits for, are blocked
 * forever; then *finding has certainty, reasons, wait, and lock and waiter of thread `tid`, or of
 * the process at the end of the chain. The certainty is "strong" where only the interval timers
 * could not be looked for.
 */
bool deadlock_prove(const struct suspect *suspect, pid_t tid, struct finding *finding);

/*
 * Makes *finding one of verdict `unknown`, on a process that made no progress for that long and
 * that is not proven to be stuck: its wait, where it waits, and why there is no proof. No process
 * (pid 0): only that.
 */
void deadlock_describe_unknown(
	const struct suspect *suspect, pid_t tid, uint64_t quiet_ns, struct finding *finding);

/*
 * Whether a timer of its own, or a child, may send a signal to a process that runs in a loop, or one
 * with a handler is pending.
 * *unknown: interval timers could not be looked for.
 */
bool deadlock_may_get_signal(pid_t pid, bool *unknown);

/* Follows threads that join others to the one that does not end; `task` is in an untimed wait. */
const struct proc_task *deadlock_joined_thread(
	const struct suspect *suspect, const struct proc_scan *scan, const struct proc_task *task);
