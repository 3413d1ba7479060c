/* Architectures without an implementation. */
#if !defined(__x86_64__)

#include "arch.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

#if defined(__aarch64__)
#define ARCH_NAME "aarch64"
#elif defined(__riscv)
#define ARCH_NAME "riscv"
#elif defined(__powerpc64__)
#define ARCH_NAME "ppc64"
#elif defined(__s390x__)
#define ARCH_NAME "s390x"
#elif defined(__loongarch__)
#define ARCH_NAME "loongarch"
#elif defined(__i386__)
#define ARCH_NAME "i386"
#elif defined(__arm__)
#define ARCH_NAME "arm"
#else
#define ARCH_NAME "this architecture"
#endif

bool arch_supported(const char **why)
{
	*why = "no stepping on " ARCH_NAME;
	return false;
}

int arch_get_regs(pid_t tid, struct arch_regs *regs)
{
	return -ENOSYS;
}

int arch_set_regs(pid_t tid, const struct arch_regs *regs)
{
	return -ENOSYS;
}

uint64_t arch_pc(const struct arch_regs *regs)
{
	return 0;
}

uint64_t arch_sp(const struct arch_regs *regs)
{
	return 0;
}

unsigned arch_dwarf_regs(const struct arch_regs *regs, uint64_t dwarf[ARCH_DWARF_MAX])
{
	return 0;
}

uint64_t arch_tp(const struct arch_regs *regs)
{
	return 0;
}

uint64_t arch_call_argument(const struct arch_regs *regs, unsigned index)
{
	return 0;
}

int arch_return_address(pid_t tid, const struct arch_regs *regs, uint64_t *address)
{
	return -ENOSYS;
}

bool arch_regs_equal(const struct arch_regs *a, const struct arch_regs *b)
{
	return false;
}

int arch_get_extended(pid_t tid, struct arch_extended *extended)
{
	return -ENOSYS;
}

bool arch_extended_equal(const struct arch_extended *a, const struct arch_extended *b)
{
	return false;
}

bool arch_in_syscall(const struct arch_regs *regs)
{
	return false;
}

void arch_get_syscall(const struct arch_regs *regs, struct arch_syscall *call)
{
	*call = (struct arch_syscall){0};
}

int64_t arch_syscall_result(const struct arch_regs *regs)
{
	return -ENOSYS;
}

void arch_repeat_interrupted(struct arch_regs *regs, uint64_t pc)
{
}

uint64_t arch_find_syscall(pid_t tid, uint64_t pc)
{
	return 0;
}

void arch_set_syscall(struct arch_regs *regs, const struct arch_syscall *call, uint64_t pc)
{
}

int arch_decoder_new(struct arch_decoder **decoder)
{
	*decoder = NULL;
	return -ENOSYS;
}

void arch_decoder_free(struct arch_decoder *decoder)
{
}

void arch_decoder_flush(struct arch_decoder *decoder)
{
}

int arch_decode(struct arch_decoder *decoder, pid_t tid, uint64_t pc, const struct arch_insn **insn)
{
	*insn = NULL;
	return -ENOSYS;
}

unsigned arch_stores(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_STORES_MAX])
{
	return 0;
}

unsigned arch_loads(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_LOADS_MAX])
{
	return 0;
}

int arch_clear_trap_flag(pid_t tid, const struct arch_insn *insn, const struct arch_regs *before)
{
	return -ENOSYS;
}

int arch_branch_target(
	const struct arch_insn *insn, pid_t tid, const struct arch_regs *before, uint64_t *target)
{
	return -ENOSYS;
}

int arch_reset_trap_flag(pid_t tid)
{
	return -ENOSYS;
}

int arch_move_breakpoint(pid_t tid, uint64_t from, uint64_t to)
{
	return -ENOSYS;
}

int arch_set_breakpoints(pid_t tid, const uint64_t *address, unsigned count)
{
	return -ENOSYS;
}

int arch_insert_trap(pid_t tid, uint64_t address, uint8_t *original)
{
	return -ENOSYS;
}

int arch_remove_trap(pid_t tid, uint64_t address, uint8_t original)
{
	return -ENOSYS;
}

bool arch_rewind_trap(pid_t tid, uint64_t address)
{
	return false;
}

void arch_peek(pid_t tid, const struct arch_regs *regs, struct arch_insn *insn)
{
	*insn = (struct arch_insn){0};
}

#endif
