/*
 * Single-steps one thread (ptrace). The thread that attaches is the tracer, and all calls on a
 * struct tracee must come from it. The other threads of the process run on untraced. If forklab
 * dies, the kernel kills the process (PTRACE_O_EXITKILL). Attaching blocks SIGCHLD in the calling
 * thread: a wait for a step sleeps until that signal is pending.
 *
 * Stepping changes the process, and so the children that it forks meanwhile:
 *  - pushf and system calls (r11) leave copies of the flags with TF set: see
 *    arch_clear_trap_flag().
 *  - Some blocking system calls (epoll_wait, semop, …) return EINTR when step_stop() or
 *    step_attach() interrupts them; futex, sleep, read and write are restarted.
 *  - Restartable sequences (rseq) never complete while they are stepped; libc's are empty.
 *  - With STEP_PIN the processor affinity differs until step_detach(). New threads and children
 *    inherit it.
 */
#pragma once

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

/*
 * The longest wait for a thread that stops at once. Far more than a loaded machine needs; time in
 * which forklab itself is stopped does not count.
 */
enum { STEP_AT_ONCE_S = 30 };

enum step_flags {
	/* Pin tracer and thread to one processor: across processors a step costs ten times more. */
	STEP_PIN = 1,
	/*
	 * When a signal stops the process, or would, continue it and go on with the step as if
	 * nothing had happened: for a process that only forklab can continue. Neither SIGSTOP nor
	 * SIGCONT is reported or delivered then, nor is STEP_STOPPED.
	 */
	STEP_CONTINUE = 2
};

/* The outcome of a step; more in `detail` of struct tracee. */
enum step_event {
	STEP_DONE, /* one instruction, or one iteration of a rep string instruction, was executed */
	STEP_HANDLER, /* a signal handler was entered: a frame was pushed, nothing else executed */
	STEP_SIGNAL,  /* signal `detail` arrived first: re-read the registers. The next step
		       * delivers it, unless step_drop_signal() was called */
	STEP_RUNNING, /* the limit passed and the thread still runs: a blocking system call */
	STEP_STOPPED, /* job control stopped the process with signal `detail`; the next step waits
		       * for SIGCONT first */
	STEP_EXEC,    /* the process executed another program */
	STEP_FORKED,  /* within a system call that made the process `detail`, if the tracer has set
		       * PTRACE_O_TRACEFORK; the next step finishes the call */
	STEP_EXITED,  /* the thread is gone; exit status `detail`. A child process of forklab's must
		       * still be waited for */
	STEP_KILLED   /* the same, killed by signal `detail` */
};

/* How a thread gets to an address: see step_to(). */
enum run_to_method {
	RUN_TO_REGISTER, /* a breakpoint register of the processor */
	RUN_TO_TRAP,     /* a trap instruction in the code: needs `alone` */
	RUN_TO_STEPS     /* single steps */
};

struct tracee {
	pid_t tid; /* 0: not attached */
	int detail;
	int deliver;         /* the signal to deliver with the next step, or 0 */
	uint64_t breakpoint; /* address in its breakpoint register; 0: none */
	uint64_t run_to;     /* the address that step_to() runs to; 0: single step */
	enum run_to_method run_to_method;
	bool alone;   /* set by the caller: nothing else executes, see step_to() */
	bool running; /* resumed and not yet seen to stop */
	bool stopped; /* by job control: may only wait for SIGCONT */
	bool pinned;
	bool continues;                     /* STEP_CONTINUE */
	cpu_set_t tracer_cpus, thread_cpus; /* to restore; valid if pinned */

	/* RUN_TO_TRAP. Another stop may come between the execution of the trap and its report:
	 * `trap` stays set until the report. */
	uint64_t trap;         /* its address, or the last one; 0: none */
	bool trap_inserted;    /* only while `running` */
	uint8_t trap_original; /* the byte that it replaces */

	/* RUN_TO_STEPS, while `running`: arch_peek() of the instruction, and the registers. */
	struct arch_insn peeked;
	struct arch_regs peeked_regs;
};

/*
 * Attaches to a running thread and waits at most `wait_ms` for it to stop. `flags` is of enum
 * step_flags. -EPERM: no right to trace (seccomp, Yama, or it has a tracer); -ESRCH: no such
 * thread; -ETIMEDOUT: it did not stop (stuck in the kernel) and stays attached: it can only be
 * killed. A signal that arrived meanwhile is in `deliver`, as after STEP_SIGNAL.
 */
int step_attach(struct tracee *tracee, pid_t tid, unsigned flags, unsigned wait_ms);

/*
 * Waits for the next change of state of a traced thread, as step_once() does. 0 and its wait
 * status, which stays to be waited for; -ETIMEDOUT, -EINTR, or -ECHILD.
 */
int step_next_change(pid_t tid, unsigned wait_ms, int *status);

/*
 * True if the wait status of a traced thread is that of a stop by SIGSTOP or another signal of job
 * control, or of an interruption: the caller resumes the thread, without a signal. Continues the
 * process if it is stopped.
 */
bool step_continue(pid_t tid, int status);

/*
 * Detaches from a thread that has stopped after step_attach() returned -ETIMEDOUT: it would stay
 * stopped forever. Harmless for any other thread.
 */
void step_release(pid_t tid);

/* Takes over a thread that this tracer has already stopped. */
void step_adopt(struct tracee *tracee, pid_t tid);

/*
 * Executes one instruction. wait_ms 0 waits up to STEP_AT_ONCE_S: right for each instruction that
 * cannot block, and the cheapest by far on a loaded machine. Set a limit if the instruction is a
 * system call, is unknown, or the thread is arch_in_syscall() (the interrupted call then continues
 * first, whatever is at the program counter). When the limit passes the event is STEP_RUNNING: call
 * step_wait() or step_stop(). STEP_DONE and still arch_in_syscall(): a signal is pending and will
 * be reported next. With wait_ms 0 also -EINTR: the user interrupted forklab, and -ETIMEDOUT: the
 * thread did not stop (frozen, or stuck in the kernel); in both cases it is still running, and
 * step_wait() may be called. Other errors are final.
 */
int step_once(struct tracee *tracee, unsigned wait_ms, enum step_event *event);

/*
 * Runs the thread until it is about to execute the instruction at `address`, which must be on its
 * path (see lookahead.h): as cheap as one step. STEP_DONE when it is there; otherwise as
 * step_once() with wait_ms 0. It must not be there already.
 *
 * Where breakpoint registers do not fire (hw_breakpoint.h), the code has a trap instruction at the
 * address while the thread runs. Another thread that executed it would die of SIGTRAP, and a child
 * forked meanwhile would inherit it. So this is done only if the caller has set `alone`: no other
 * thread of the process executes anything until the step is over, and this one does not fork. A
 * system call instruction is never replaced: a signal makes a sleeping thread execute it again.
 * Otherwise the thread is single-stepped to the address, at the cost of all those steps.
 */
int step_to(struct tracee *tracee, uint64_t address, enum step_event *event);

/* The same with a limit, after which the event is STEP_RUNNING as in step_once(). */
int step_to_within(
	struct tracee *tracee, uint64_t address, unsigned wait_ms, enum step_event *event);

/* Continues to wait after STEP_RUNNING, -EINTR or -ETIMEDOUT. wait_ms is as for step_once(). */
int step_wait(struct tracee *tracee, unsigned wait_ms, enum step_event *event);

/*
 * Stops a thread after STEP_RUNNING. *event is STEP_DONE if the step has finished meanwhile,
 * STEP_RUNNING if the thread was stopped within the system call, which it will restart.
 * -ETIMEDOUT: it did not stop.
 */
int step_stop(struct tracee *tracee, unsigned wait_ms, enum step_event *event);

/* Suppresses the signal of the last STEP_SIGNAL. */
void step_drop_signal(struct tracee *tracee);

/*
 * Detaches, delivers the pending signal and restores affinities. Must be called even if the thread
 * is gone: the tracer's own affinity may have to be restored.
 */
int step_detach(struct tracee *tracee);
