/*
 * The processor-dependent part of single-stepping: registers, and what the next instruction reads
 * and writes. x86_64*.c implement it; on other processors none.c makes arch_supported() false, and
 * the other calls return -ENOSYS.
 *
 * All calls are made by the thread that traces `tid`, while `tid` is stopped. Errors are -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

enum {
	ARCH_STORES_MAX = 1, /* memory operands that one instruction may write */
	ARCH_LOADS_MAX = 2,  /* memory operands that one instruction may read */
	ARCH_SYSCALL_ARGS = 6,
	ARCH_EXTENDED_MAX = 16384, /* bytes; with AMX the XSAVE area has 11 KiB */
	ARCH_BREAKPOINTS_MAX = 4,  /* of a thread, at a time */
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

/* The floating-point and vector registers, in the layout of the kernel (XSAVE). */
struct arch_extended {
	size_t size;
	unsigned char bytes[ARCH_EXTENDED_MAX];
};

struct arch_syscall {
	uint64_t number;
	uint64_t argument[ARCH_SYSCALL_ARGS];
};

/* Memory of the stepped process. */
struct arch_range {
	uint64_t address;
	uint32_t size;
};

/*
 * A memory operand, from which the registers give an address. Opaque: it is defined here so that
 * decoded instructions can be copied by value.
 */
struct arch_operand {
	int64_t displacement;
	uint32_t size;
	uint8_t base, index, scale, segment; /* the implementation's own register numbers */
	uint8_t bit_offset;                  /* the register that holds a bit offset */
	uint8_t alignment; /* the address is rounded down to a multiple of it; 0: not */
	bool addr32;       /* the sum is truncated to 32 bits */
};

/*
 * What an instruction does. If stores_known is false it may write any byte, if loads_known is false
 * it may read any byte: store[] and load[] are incomplete then.
 */
struct arch_insn {
	uint64_t pc;
	uint8_t length; /* bytes; 0: unknown */
	bool stores_known;
	bool loads_known;
	bool is_syscall;  /* the kernel may write anything; see arch_get_syscall() */
	bool is_repeated; /* rep string instruction: a step executes one iteration, and pc stays */
	bool is_branch;   /* jump, call or return: may continue elsewhere than at pc + length */
	bool is_conditional;   /* a branch that may not be taken */
	bool pushes_flags;     /* see arch_clear_trap_flag() */
	bool is_atomic;        /* an atomic read-modify-write of memory, as lock operations use */
	bool nondeterministic; /* the result depends on a clock, a random number or the processor */
	bool stores_on_stack;  /* the stores, if any, are relative to the stack pointer */
	uint8_t condition, target_register; /* private to the implementation */
	uint8_t stores, loads;              /* valid entries below */
	uint64_t target; /* of a direct jump or call, taken or not; 0: see arch_branch_target() */
	struct arch_operand store[ARCH_STORES_MAX];
	struct arch_operand load[ARCH_LOADS_MAX];
};

struct arch_decoder;

/* Whether threads can be stepped on this machine; if not, *why says so. Any thread. */
bool arch_supported(const char **why);

/* -ENOTSUP: a 32-bit program. */
int arch_get_regs(pid_t tid, struct arch_regs *regs);
int arch_set_regs(pid_t tid, const struct arch_regs *regs);
uint64_t arch_pc(const struct arch_regs *regs);
uint64_t arch_sp(const struct arch_regs *regs);
/* The thread pointer, which thread-local storage lies around. */
uint64_t arch_tp(const struct arch_regs *regs);

/*
 * The registers that unwinding needs, by DWARF number; the program counter is in the return address
 * column. Returns their number, at most ARCH_DWARF_MAX.
 */
unsigned arch_dwarf_regs(const struct arch_regs *regs, uint64_t dwarf[ARCH_DWARF_MAX]);

/*
 * At the first instruction of a called function: an argument, counted from 0, if it is passed in a
 * register (else 0), and the return address.
 */
uint64_t arch_call_argument(const struct arch_regs *regs, unsigned index);
int arch_return_address(pid_t tid, const struct arch_regs *regs, uint64_t *address);

/*
 * True when execution continues the same way from both, given the same memory and extended
 * registers. Compares all general registers, flags and segment bases, and orig_rax: it is not a
 * processor register, but while it is not -1 the kernel may be about to restart a system call, and
 * otherwise equal states continue differently.
 */
bool arch_regs_equal(const struct arch_regs *a, const struct arch_regs *b);

/* -E2BIG: this machine has more of them than fit. */
int arch_get_extended(pid_t tid, struct arch_extended *extended);
bool arch_extended_equal(const struct arch_extended *a, const struct arch_extended *b);

/*
 * True when the thread was stopped within a system call. When resumed it restarts or finishes the
 * call first, whatever instruction is at the program counter. Only possible after attaching and
 * after a signal.
 */
bool arch_in_syscall(const struct arch_regs *regs);

/* Before an instruction with is_syscall: the call and its arguments. */
void arch_get_syscall(const struct arch_regs *regs, struct arch_syscall *call);
/* After it: the result or -errno. */
int64_t arch_syscall_result(const struct arch_regs *regs);
/*
 * Of a thread that was stopped within a call which the kernel does not restart (epoll_wait,
 * sigtimedwait, …) and which returns EINTR for that reason alone, or that it restarts under another
 * number (poll without a timeout): sets `regs` so that it makes the call again. Any other call: no
 * change.
 */
void arch_repeat_interrupted(struct arch_regs *regs, uint64_t pc);
/*
 * The address of a system call instruction of the process: the one that ends at `pc`, as it does
 * for a thread that was stopped within a call, else one of its vDSO. 0: there is none.
 */
uint64_t arch_find_syscall(pid_t tid, uint64_t pc);
/* Sets `regs` so that the system call instruction at `pc` makes this call: injects it. */
void arch_set_syscall(struct arch_regs *regs, const struct arch_syscall *call, uint64_t pc);

/*
 * A decoder caches decoded instructions by address, in a fixed 1 MiB. One decoder serves all
 * threads of one address space. Flush it whenever the code may have changed (mmap, munmap,
 * mprotect, exec): a stale entry is returned without an error. Not thread-safe.
 */
int arch_decoder_new(struct arch_decoder **decoder);
void arch_decoder_free(struct arch_decoder *decoder);
void arch_decoder_flush(struct arch_decoder *decoder);

/*
 * The instruction at `pc` in the memory of `tid`; *insn is valid until the next call on the
 * decoder. An unknown instruction is not an error: it is returned with nothing known. -EFAULT: `pc`
 * is not readable; the thread will fault there without executing anything.
 */
int arch_decode(
	struct arch_decoder *decoder, pid_t tid, uint64_t pc, const struct arch_insn **insn);

/*
 * What the instruction writes or reads when executed with these registers; returns the number of
 * ranges. If stores_known, no byte outside of them is written. A byte inside may stay unchanged
 * (masked store, failed compare-exchange) and may even be unmapped (masked store). What the kernel
 * writes in a system call is not included.
 */
unsigned arch_stores(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_STORES_MAX]);
unsigned arch_loads(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_LOADS_MAX]);

/*
 * Where execution continues after this branch, with these registers. -ENOTSUP: unknown, for example
 * because the target is read from memory other than the thread's stack.
 */
int arch_branch_target(
	const struct arch_insn *insn, pid_t tid, const struct arch_regs *before, uint64_t *target);

/*
 * After a step over an instruction with pushes_flags. Stepping sets the trap flag, so the pushed
 * copy has it too, and a later popf would make the thread trap at every instruction. Clears it in
 * the copy.
 */
int arch_clear_trap_flag(pid_t tid, const struct arch_insn *insn, const struct arch_regs *before);

/*
 * Clears the trap flag that stepping may have left set: the thread would die of SIGTRAP when it
 * runs untraced. Must be called before a stepped thread is let run. Programs that set the trap flag
 * themselves are not supported.
 */
int arch_reset_trap_flag(pid_t tid);

/*
 * Moves the stopped thread's breakpoint from one address to another (0: none). The thread traps
 * before it executes the instruction there. A breakpoint register of the processor: neither other
 * threads nor forked children are affected.
 */
int arch_move_breakpoint(pid_t tid, uint64_t from, uint64_t to);

/*
 * Makes these the only breakpoints of the stopped thread; `count` is at most ARCH_BREAKPOINTS_MAX,
 * 0 removes all. Uses the same register as arch_move_breakpoint(): do not mix the two.
 */
int arch_set_breakpoints(pid_t tid, const uint64_t *address, unsigned count);

/*
 * A software breakpoint: replaces the byte at `address` by the trap instruction and keeps it in
 * *original. The whole address space sees it: an untraced thread that executes it dies of SIGTRAP,
 * and a child forked meanwhile inherits it. -EEXIST: the program has a trap instruction there.
 * -EBUSY: a system call instruction, which a sleeping thread may execute at any time: a signal
 * makes it restart its call.
 */
int arch_insert_trap(pid_t tid, uint64_t address, uint8_t *original);
int arch_remove_trap(pid_t tid, uint64_t address, uint8_t original);

/*
 * After a stop with SIGTRAP and SI_KERNEL: true when the thread executed the trap instruction at
 * `address`; its program counter is set back to `address`.
 */
bool arch_rewind_trap(pid_t tid, uint64_t address);

/*
 * What must be known of the next instruction to step over it without a decoder. Sets only pc,
 * is_syscall, pushes_flags and, if one of the two is true, length.
 */
void arch_peek(pid_t tid, const struct arch_regs *regs, struct arch_insn *insn);
