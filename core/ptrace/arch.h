/*
 * Everything about single-stepping that depends on the processor: registers, and what the next
 * instruction will read and write. arch_x86_64.c is the one real implementation; arch_none.c says
 * no elsewhere. Ask arch_supported() first: without it the other calls answer -ENOSYS.
 *
 * All calls are made by forklab, in the thread that traces `tid`, while `tid` is stopped. Errors
 * are -errno.
 */
#ifndef FORKLAB_ARCH_H
#define FORKLAB_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

enum {
	ARCH_STORES_MAX = 1, /* places that one instruction may write */
	ARCH_LOADS_MAX = 2,  /* places that one instruction may read */
	ARCH_SYSCALL_ARGS = 6,
	ARCH_EXTENDED_MAX = 16384, /* bytes: the largest XSAVE image in sight (AMX) is 11 KiB */
	ARCH_BREAKPOINTS_MAX = 4,  /* that a thread can have at a time */
	ARCH_DWARF_MAX = 32,       /* registers with a DWARF number */
	ARCH_RED_ZONE = 128        /* bytes below the stack pointer that belong to the stack */
};

/* The general registers, flags and segment bases. Opaque: use the calls below. */
struct arch_regs {
#if defined(__x86_64__)
	struct user_regs_struct user;
#else
	uint64_t none;
#endif
};

/* The floating-point and vector registers, as the kernel hands them out. */
struct arch_extended {
	size_t size;
	unsigned char bytes[ARCH_EXTENDED_MAX];
};

struct arch_syscall {
	uint64_t number;
	uint64_t argument[ARCH_SYSCALL_ARGS];
};

/* Bytes of the stepped process: `size` of them, from `address`. */
struct arch_range {
	uint64_t address;
	uint32_t size;
};

/*
 * An address as a recipe: what it will be depends on the registers. Only the implementation looks
 * inside. It is part of the public type so that decoded instructions can be kept by value.
 */
struct arch_operand {
	int64_t displacement;
	uint32_t size;
	uint8_t base, index, scale, segment; /* the implementation's own register numbers */
	uint8_t bit_offset;                  /* the register that moves the address bit by bit */
	uint8_t alignment;                   /* the address is rounded down to a multiple; 0: not */
	bool addr32;                         /* only 32 bits of the sum count */
};

/*
 * What will happen when the instruction is executed. Where stores_known is false, any byte may be
 * written, and where loads_known is false, any byte read: store[] and load[] are not all then.
 */
struct arch_insn {
	uint64_t pc;
	uint8_t length; /* bytes; 0 when even that is not known */
	bool stores_known;
	bool loads_known;
	bool is_syscall;     /* the kernel may write anything; see arch_get_syscall() */
	bool is_repeated;    /* rep string instruction: a step is one iteration, and the pc stays */
	bool is_branch;      /* may go on elsewhere than at pc + length: jump, call, return */
	bool is_conditional; /* a branch that need not be taken */
	bool pushes_flags;   /* see arch_clear_trap_flag() */
	bool is_atomic;      /* reads and writes memory in one, as locks are taken */
	bool nondeterministic; /* the result depends on a clock, on chance or on the processor */
	bool stores_on_stack;  /* the stores, if any, are relative to the stack pointer */
	uint8_t condition, target_register; /* the implementation's own */
	uint8_t stores, loads;              /* valid entries below */
	uint64_t target; /* of a direct jump or call, taken or not; 0: see arch_branch_target() */
	struct arch_operand store[ARCH_STORES_MAX];
	struct arch_operand load[ARCH_LOADS_MAX];
};

struct arch_decoder;

/* True when this machine can be stepped; otherwise *why is a static sentence. Any thread. */
bool arch_supported(const char **why);

/* -ENOTSUP: a program for another mode of the processor. */
int arch_get_regs(pid_t tid, struct arch_regs *regs);
int arch_set_regs(pid_t tid, const struct arch_regs *regs);
uint64_t arch_pc(const struct arch_regs *regs);
uint64_t arch_sp(const struct arch_regs *regs);
/* The thread pointer: thread-local storage lies around it. */
uint64_t arch_tp(const struct arch_regs *regs);

/*
 * The registers by their DWARF numbers, as far as unwinding needs them, the return address' column
 * for the program counter. How many there are: at most ARCH_DWARF_MAX.
 */
unsigned arch_dwarf_regs(const struct arch_regs *regs, uint64_t dwarf[ARCH_DWARF_MAX]);

/*
 * At the first instruction of a function that was called: its arguments, counted from 0, as far as
 * they are passed in registers (0 beyond that), and the address that it will return to.
 */
uint64_t arch_call_argument(const struct arch_regs *regs, unsigned index);
int arch_return_address(pid_t tid, const struct arch_regs *regs, uint64_t *address);

/*
 * True when the processor would go on in the same way from both, given the same memory and the same
 * extended registers. Every general register, the flags and the segment bases count, and so does
 * orig_rax: it is no register of the processor, but while it is not -1 the kernel may still be
 * about to restart a system call, and then two states that look alike go on differently.
 */
bool arch_regs_equal(const struct arch_regs *a, const struct arch_regs *b);

/* -E2BIG when the machine has more of them than fit. */
int arch_get_extended(pid_t tid, struct arch_extended *extended);
bool arch_extended_equal(const struct arch_extended *a, const struct arch_extended *b);

/*
 * True when the thread was stopped within a system call that it will start again or finish when it
 * goes on: then that, and not what stands at the program counter, is the next step. Possible after
 * attaching and after a signal only.
 */
bool arch_in_syscall(const struct arch_regs *regs);

/* Before an instruction with is_syscall: what is asked of the kernel. */
void arch_get_syscall(const struct arch_regs *regs, struct arch_syscall *call);
/* After it: the result, or -errno. */
int64_t arch_syscall_result(const struct arch_regs *regs);
/* For injecting a call: make `regs` start `call` through the system call instruction at `pc`. */
void arch_set_syscall(struct arch_regs *regs, const struct arch_syscall *call, uint64_t pc);

/*
 * A decoder remembers what it decoded, by address, in a fixed 1 MiB. One decoder serves all
 * threads of one address space; flush it after the code may have changed (mmap, munmap, mprotect,
 * exec). Creating and using it is not thread-safe.
 */
int arch_decoder_new(struct arch_decoder **decoder);
void arch_decoder_free(struct arch_decoder *decoder);
void arch_decoder_flush(struct arch_decoder *decoder);

/*
 * The instruction at `pc` in the memory of `tid`; *insn is good until the next call on the decoder.
 * An instruction that cannot be decoded is no error: it comes back with nothing known. -EFAULT
 * when there is no code to read at `pc`; the thread will fault there without executing anything.
 */
int arch_decode(
	struct arch_decoder *decoder, pid_t tid, uint64_t pc, const struct arch_insn **insn);

/*
 * What the instruction will write, or read, when it is executed with these registers; returns the
 * number of entries. A byte outside of these ranges is not written by it, provided that
 * stores_known; a byte inside need not change (masked stores, failing compare-exchange), and need
 * not even be mapped (masked stores). Memory written by the kernel in a system call is not
 * included.
 */
unsigned arch_stores(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_STORES_MAX]);
unsigned arch_loads(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_LOADS_MAX]);

/*
 * Where the thread will go on after this branch, if it is executed with these registers. -ENOTSUP:
 * cannot tell, for instance because that is read from memory which is not the thread's own stack.
 */
int arch_branch_target(
	const struct arch_insn *insn, pid_t tid, const struct arch_regs *before, uint64_t *target);

/*
 * After a step over an instruction with pushes_flags: stepping sets the trap flag, so the pushed
 * copy has it too, and a popf would make the thread trap for ever. Takes it out of the copy.
 */
int arch_clear_trap_flag(pid_t tid, const struct arch_insn *insn, const struct arch_regs *before);

/*
 * Before a stepped thread is let run: nothing of the stepping stays in its flags. A program that
 * sets the trap flag itself is not provided for.
 */
int arch_forget_steps(pid_t tid);

/*
 * The one breakpoint of a stopped thread: it traps before it executes the instruction at `to`.
 * `from` is where it was set until now. 0 is nowhere, for both. It is a register of the processor,
 * so neither other threads nor children are affected.
 */
int arch_move_breakpoint(pid_t tid, uint64_t from, uint64_t to);

/*
 * Gives a stopped thread these breakpoints and no others; `count` is at most ARCH_BREAKPOINTS_MAX,
 * 0 takes all away. The first is the one that arch_move_breakpoint() moves: do not mix the two.
 */
int arch_set_breakpoints(pid_t tid, const uint64_t *address, unsigned count);

/*
 * A breakpoint without such a register: the trap instruction stands in the code in place of what is
 * at `address`, whose first byte is kept in *was. It is there for the whole address space: a thread
 * that comes by untraced is killed by it, and a child that is forked meanwhile inherits it.
 * -EEXIST: a trap instruction of the program's own stands there.
 */
int arch_plant_trap(pid_t tid, uint64_t address, uint8_t *was);
int arch_lift_trap(pid_t tid, uint64_t address, uint8_t was);

/*
 * The thread has stopped with a SIGTRAP of the kernel's. True when that was the trap instruction at
 * `address`; then the thread has been set back in front of it.
 */
bool arch_step_back_from_trap(pid_t tid, uint64_t address);

/*
 * What to mind when the next instruction is stepped over blindly, without a decoder: sets only pc,
 * length (where is_syscall or pushes_flags), is_syscall and pushes_flags.
 */
void arch_glance(pid_t tid, const struct arch_regs *regs, struct arch_insn *insn);

#endif
