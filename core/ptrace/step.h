/*
 * One thread, one instruction at a time (ptrace). The tracer is the forklab thread that attached;
 * all calls on a struct tracee come from that thread. The other threads of the stepped process run
 * on untraced. If forklab dies, the kernel kills the stepped process with it (PTRACE_O_EXITKILL).
 *
 * What stepping changes in the process, and therefore in a child that it forks meanwhile:
 *  - pushf and system calls (r11) leave copies of the flags with TF set; see
 * arch_clear_trap_flag().
 *  - a few blocking system calls (epoll_wait, semop, …) return EINTR when step_stop() or
 *    step_attach() interrupts them; futex, sleep, read and write are restarted unnoticed.
 *  - restartable sequences (rseq) never finish under stepping; libc's own are empty.
 *  - with STEP_PIN, the thread's processor affinity, until step_detach(). Threads and children that
 *    it makes meanwhile inherit it.
 */
#ifndef FORKLAB_STEP_H
#define FORKLAB_STEP_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"

/*
 * The usual limit of step_attach(). A thread stops at once when it gets a processor; on a loaded
 * machine that takes a while, and a thread that the caller gave up on stays attached.
 */
enum { STEP_ATTACH_MS = 2000 };

enum step_flags {
	/* Tracer and thread on one processor: across processors a step costs ten times as much. */
	STEP_PIN = 1
};

/* What became of a step. `detail` in struct tracee says more. */
enum step_event {
	STEP_DONE, /* one instruction, or one iteration of a rep string instruction, was executed */
	STEP_HANDLER, /* a signal's handler was entered: nothing executed, but a frame was pushed */
	STEP_SIGNAL,  /* signal `detail` came first: read the registers anew. The next step delivers
		       * it, unless step_drop_signal() */
	STEP_RUNNING, /* the time is over and the thread still runs: a system call that waits */
	STEP_STOPPED, /* job control stopped the whole process with signal `detail`; the next step
		       * waits for SIGCONT first */
	STEP_EXEC,    /* the process executed another program */
	STEP_FORKED, /* within a system call that made the process `detail`, for a tracer that asked
		      * the kernel to tell it so; the next step ends the call */
	STEP_EXITED, /* the thread is gone; exit status `detail`. If it was a process that forklab
		      * has made, it is still to be waited for */
	STEP_KILLED  /* the same, by signal `detail` */
};

/* How a thread runs up to an address: see step_to(). */
enum step_way {
	STEP_BY_REGISTER, /* a breakpoint register of the processor */
	STEP_BY_TRAP,     /* a trap instruction in the code */
	STEP_BY_STEP      /* instruction by instruction */
};

struct tracee {
	pid_t tid; /* 0: not attached */
	int detail;
	int deliver;         /* the signal to deliver with the next step, or 0 */
	uint64_t breakpoint; /* where the thread has one; 0: none */
	uint64_t run_to;     /* runs up to this address instead of stepping; 0: steps */
	enum step_way way;   /* there */
	bool alone;          /* the caller's word that nobody else runs: see step_to() */
	bool running;        /* resumed, and not yet seen to stop */
	bool stopped;        /* job control holds it: it may only listen for SIGCONT */
	bool pinned;
	cpu_set_t tracer_cpus, thread_cpus; /* to be restored; valid when pinned */

	/* STEP_BY_TRAP. A stop may come between the trap and its report: `trap` stays until then.
	 */
	uint64_t trap;    /* where it stands, or stood last; 0: nowhere */
	bool trap_stands; /* only while `running` */
	uint8_t trap_was; /* what it stands for */

	/* STEP_BY_STEP, while `running`: the instruction, with little known of it. */
	struct arch_insn passed;
	struct arch_regs before;
};

/*
 * Attaches to a running thread and stops it, waiting at most `wait_ms` for that. -EPERM: no right
 * to trace (seccomp, yama, or it is traced already); -ESRCH: there is no such thread; -ETIMEDOUT:
 * it cannot be stopped (stuck in the kernel) and stays attached: it can only be killed. A signal
 * may be on its way: it is in `deliver`, as after STEP_SIGNAL. `flags` is of enum step_flags.
 */
int step_attach(struct tracee *tracee, pid_t tid, unsigned flags, unsigned wait_ms);

/*
 * Lets a thread run on that step_attach() gave up on with -ETIMEDOUT and that has stopped since:
 * nobody else would. Harmless for any other thread.
 */
void step_release(pid_t tid);

/* Takes over a thread that this tracer has stopped already, by whatever means. */
void step_adopt(struct tracee *tracee, pid_t tid);

/*
 * Executes one instruction. With wait_ms 0 it waits for the end as long as it takes: right for
 * every instruction but system calls, and the cheapest by far on a loaded machine. Give a limit
 * when the instruction is a system call, is not understood, or the thread is arch_in_syscall()
 * (after attaching or a signal: then the interrupted call goes on first, whatever the pc says).
 * After it the answer is STEP_RUNNING: then call step_wait() or step_stop(). STEP_DONE and still
 * arch_in_syscall(): a signal is on its way and will be reported next. -EINTR: a signal handler of
 * forklab's ran meanwhile; go on with step_wait(). Other errors are final.
 */
int step_once(struct tracee *tracee, unsigned wait_ms, enum step_event *event);

/*
 * Lets the thread run until it is about to execute the instruction at `address`, which must lie on
 * its way (see ahead.h): no dearer than one step. STEP_DONE when it got there; otherwise as
 * step_once() without limit. It must not be there already.
 *
 * Where breakpoint registers do not work (hw_breakpoint.h), the code has a trap instruction there
 * while the thread runs, and only then. Another thread that came by would be killed by it, and a
 * child forked meanwhile would have it. So that is done only if `alone` is set: no other thread of
 * the process executes anything before this step is over, and this one does not fork on its way.
 * Otherwise the thread is stepped there, which takes as long as all the steps.
 */
int step_to(struct tracee *tracee, uint64_t address, enum step_event *event);

/* The same, but waits no longer than `wait_ms`: then STEP_RUNNING, as in step_once(). */
int step_to_within(
	struct tracee *tracee, uint64_t address, unsigned wait_ms, enum step_event *event);

/* Goes on waiting for a step that was reported as STEP_RUNNING or -EINTR. 0: without limit. */
int step_wait(struct tracee *tracee, unsigned wait_ms, enum step_event *event);

/*
 * Stops a thread that is STEP_RUNNING. *event is STEP_DONE when the step came to its end after all,
 * STEP_RUNNING when the thread was stopped within the system call, which it will restart.
 * -ETIMEDOUT: it could not be stopped.
 */
int step_stop(struct tracee *tracee, unsigned wait_ms, enum step_event *event);

/* Forgets the signal that the last STEP_SIGNAL announced. */
void step_drop_signal(struct tracee *tracee);

/*
 * Lets the thread run on, with its pending signal, and restores affinities. To be called even when
 * the thread is gone: it may be the tracer's affinity that is to be restored.
 */
int step_detach(struct tracee *tracee);

#endif
