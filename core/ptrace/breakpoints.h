/*
 * Several breakpoints in a process of which every thread is traced and resumed by the caller itself
 * (PTRACE_CONT). Registers of the processor where these work (hw_breakpoint.h): then each thread
 * needs them. Elsewhere trap instructions in the code, which all threads share and forked children
 * inherit. All calls are made in the thread that traces.
 */
#ifndef FORKLAB_STEP_BREAKPOINTS_H
#define FORKLAB_STEP_BREAKPOINTS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

enum { BREAKPOINTS_MAX = 2 * ARCH_BREAKPOINTS_MAX }; /* with those taken away not long ago */

/* Those of a process, with trap instructions. All zero: none. */
struct breakpoints {
	unsigned count;
	struct {
		uint64_t address;
		bool stands; /* the trap instruction does; if not, it did: a thread may be in it */
		uint8_t was; /* what it stands for */
	} at[BREAKPOINTS_MAX];
};

/*
 * Gives the stopped thread these breakpoints and no others; `count` is at most
 * ARCH_BREAKPOINTS_MAX, 0 takes all away. To be called for each thread. 0 or -errno.
 */
int breakpoints_set(struct breakpoints *b, pid_t tid, const uint64_t *address, unsigned count);

/*
 * The thread has stopped with this SIGTRAP. True when it ran into a breakpoint of ours; it stands
 * in front of the instruction now, also if the breakpoint was taken away meanwhile.
 */
bool breakpoints_hit(const struct breakpoints *b, pid_t tid, const siginfo_t *info);

/*
 * To be called before a thread is resumed that stands at one of them. *deliver: the signal that
 * came meanwhile, to be delivered then, or 0. Another thread may pass the place unseen in this
 * moment. -ESRCH: the thread is gone, and still to be waited for if it was the process.
 */
int breakpoints_pass(struct breakpoints *b, pid_t tid, int *deliver);

/* Takes them out of a stopped child that was forked with them. */
void breakpoints_clean_child(const struct breakpoints *b, pid_t child);

#endif
