/*
 * Several breakpoints in a process. The caller traces every thread of it and resumes the threads
 * itself (PTRACE_CONT). Breakpoint registers are used where they fire (hw_breakpoint.h); every
 * thread has registers of its own. Elsewhere trap instructions are used, which all threads share
 * and forked children inherit: an untraced thread or child that executes one dies of SIGTRAP.
 * All calls are made by the tracing thread.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum {
	BREAKPOINTS_MAX = 2 * ARCH_BREAKPOINTS_MAX
}; /* includes entries that were removed recently */

/* The trap instructions of a process. All zero: none. */
struct breakpoints {
	unsigned count;
	struct {
		uint64_t address;
		bool inserted;    /* false: removed, but a thread may have executed it already */
		uint8_t original; /* the byte that it replaces */
	} entry[BREAKPOINTS_MAX];
};

/*
 * Makes these the only breakpoints of the stopped thread; `count` is at most ARCH_BREAKPOINTS_MAX,
 * 0 removes all. Must be called for each thread. 0 or -errno.
 */
int breakpoints_set(struct breakpoints *b, pid_t tid, const uint64_t *address, unsigned count);

/*
 * After a stop with SIGTRAP: true when the thread hit one of these breakpoints, even one that has
 * been removed since. Its program counter is then at the breakpoint's address.
 */
bool breakpoints_hit(const struct breakpoints *b, pid_t tid, const siginfo_t *info);

/*
 * Steps a thread over the breakpoint that it is at, if any; must be called before it is resumed.
 * *deliver: the signal to resume it with, or 0. The trap instruction is out of the code during the
 * step, so another thread may pass the address without a stop. -ESRCH: the thread is gone; a child
 * process must still be waited for.
 */
int breakpoints_pass(struct breakpoints *b, pid_t tid, int *deliver);

/* Restores the code of a stopped child that inherited the trap instructions. */
void breakpoints_clean_child(const struct breakpoints *b, pid_t child);
