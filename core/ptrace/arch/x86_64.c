/* Registers, operand addresses and the decode cache of x86-64. */
#if defined(__x86_64__)

#include "x86_64.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "proc_mem.h"

enum { CACHE_SIZE = 8192 }; /* a power of two */

struct arch_decoder {
	csh capstone;
	cs_insn *raw;
	struct arch_insn cache[CACHE_SIZE]; /* direct-mapped; pc 0: empty */
};

bool arch_supported(const char **why)
{
	*why = NULL;
	return true;
}

static int ptrace_regset(
	pid_t tid, enum __ptrace_request request, int set, void *data, size_t *size)
{
	struct iovec vector = {.iov_base = data, .iov_len = *size};
	if (ptrace(request, tid, (void *)(intptr_t)set, &vector) < 0)
		return -errno;
	*size = vector.iov_len;
	return 0;
}

/*
 * The flag by which the kernel single-steps a thread. The kernel hides it from the tracer and
 * clears it, but not after a step over popf (is_setting_trap_flag() in the kernel): from then on it
 * counts as the program's flag, and SIGTRAP would kill the program when it runs on.
 */
enum { TRAP_FLAG = 0x100 };

int arch_get_regs(pid_t tid, struct arch_regs *regs)
{
	size_t size = sizeof(regs->user);
	int error = ptrace_regset(tid, PTRACE_GETREGSET, NT_PRSTATUS, &regs->user, &size);
	if (error)
		return error;
	regs->user.eflags &= ~(unsigned long)TRAP_FLAG;
	return size == sizeof(regs->user) ? 0 : -ENOTSUP; /* a 32-bit program has fewer */
}

int arch_set_regs(pid_t tid, const struct arch_regs *regs)
{
	struct arch_regs copy = *regs;
	size_t size = sizeof(copy.user);
	return ptrace_regset(tid, PTRACE_SETREGSET, NT_PRSTATUS, &copy.user, &size);
}

uint64_t arch_pc(const struct arch_regs *regs)
{
	return regs->user.rip;
}

uint64_t arch_sp(const struct arch_regs *regs)
{
	return regs->user.rsp;
}

uint64_t arch_tp(const struct arch_regs *regs)
{
	return regs->user.fs_base;
}

/* System V ABI, AMD64 supplement, figure 3.36. */
unsigned arch_dwarf_regs(const struct arch_regs *regs, uint64_t dwarf[ARCH_DWARF_MAX])
{
	const struct user_regs_struct *u = &regs->user;
	const uint64_t value[] = {u->rax, u->rdx, u->rcx, u->rbx, u->rsi, u->rdi, u->rbp, u->rsp,
		u->r8, u->r9, u->r10, u->r11, u->r12, u->r13, u->r14, u->r15, u->rip};
	memcpy(dwarf, value, sizeof(value));
	return sizeof(value) / sizeof(value[0]);
}

/* System V ABI, AMD64 supplement, 3.2.3. */
uint64_t arch_call_argument(const struct arch_regs *regs, unsigned index)
{
	const struct user_regs_struct *u = &regs->user;
	const uint64_t argument[] = {u->rdi, u->rsi, u->rdx, u->rcx, u->r8, u->r9};
	return index < sizeof(argument) / sizeof(argument[0]) ? argument[index] : 0;
}

int arch_return_address(pid_t tid, const struct arch_regs *regs, uint64_t *address)
{
	ssize_t got = proc_mem_read(tid, arch_sp(regs), address, sizeof(*address));
	return got == (ssize_t)sizeof(*address) ? 0 : -EFAULT;
}

bool arch_regs_equal(const struct arch_regs *a, const struct arch_regs *b)
{
	return memcmp(a, b, sizeof(*a)) == 0; /* 27 words of 64 bits, no padding */
}

int arch_get_extended(pid_t tid, struct arch_extended *extended)
{
	extended->size = sizeof(extended->bytes);
	int error = ptrace_regset(
		tid, PTRACE_GETREGSET, NT_X86_XSTATE, extended->bytes, &extended->size);
	if (error)
		return error;
	return extended->size < sizeof(extended->bytes) ? 0 : -E2BIG;
}

bool arch_extended_equal(const struct arch_extended *a, const struct arch_extended *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool arch_in_syscall(const struct arch_regs *regs)
{
	/* The kernel-internal error numbers ERESTARTSYS to ERESTART_RESTARTBLOCK. */
	enum { FIRST = -512, LAST = -516 };
	int64_t result = (int64_t)regs->user.rax;
	return (int64_t)regs->user.orig_rax >= 0 && result <= FIRST && result >= LAST;
}

void arch_get_syscall(const struct arch_regs *regs, struct arch_syscall *call)
{
	const struct user_regs_struct *u = &regs->user;
	*call = (struct arch_syscall){
		.number = u->rax,
		.argument = {u->rdi, u->rsi, u->rdx, u->r10, u->r8, u->r9},
	};
}

int64_t arch_syscall_result(const struct arch_regs *regs)
{
	return (int64_t)regs->user.rax;
}

void arch_repeat_interrupted(struct arch_regs *regs, uint64_t pc)
{
	enum { RESTART_BLOCK = -516 }; /* the kernel's ERESTART_RESTARTBLOCK */
	struct user_regs_struct *u = &regs->user;
	bool poll =
		(int64_t)u->rax == RESTART_BLOCK && u->orig_rax == SYS_poll && (int32_t)u->rdx < 0;
	if ((int64_t)u->orig_rax < 0 || ((int64_t)u->rax != -EINTR && !poll))
		return;
	u->rip = pc;
	u->rax = u->orig_rax;
	u->orig_rax = UINT64_MAX;
}

/* Where the kernel has mapped the vDSO: getauxval(3). 0: nowhere. */
static uint64_t vdso_of(pid_t tid)
{
	char path[32];
	uint64_t vector[2 * 64];
	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, vector, sizeof(vector));
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; got > 0 && i + 1 < (size_t)got / sizeof(vector[0]); i += 2)
		if (vector[i] == AT_SYSINFO_EHDR)
			return vector[i + 1];
	return 0;
}

static const uint8_t syscall_code[] = {0x0f, 0x05};

static bool is_syscall_at(pid_t tid, uint64_t address)
{
	uint8_t code[sizeof(syscall_code)];
	return proc_mem_read(tid, address, code, sizeof(code)) == (ssize_t)sizeof(code) &&
	       memcmp(code, syscall_code, sizeof(code)) == 0;
}

uint64_t arch_find_syscall(pid_t tid, uint64_t pc)
{
	uint8_t code[2 * VM_PAGE_SIZE];
	uint64_t start = pc - sizeof(syscall_code);
	if (is_syscall_at(tid, start))
		return start;
	start = vdso_of(tid);
	ssize_t got = start ? proc_mem_read(tid, start, code, sizeof(code)) : 0;
	const uint8_t *found =
		got > 0 ? memmem(code, (size_t)got, syscall_code, sizeof(syscall_code)) : NULL;
	return found ? start + (uint64_t)(found - code) : 0;
}

void arch_set_syscall(struct arch_regs *regs, const struct arch_syscall *call, uint64_t pc)
{
	struct user_regs_struct *u = &regs->user;
	u->rip = pc;
	u->rax = call->number;
	u->orig_rax = UINT64_MAX; /* nothing to restart before this one */
	u->rdi = call->argument[0];
	u->rsi = call->argument[1];
	u->rdx = call->argument[2];
	u->r10 = call->argument[3];
	u->r8 = call->argument[4];
	u->r9 = call->argument[5];
}

int arch_clear_trap_flag(pid_t tid, const struct arch_insn *insn, const struct arch_regs *before)
{
	if (!insn->pushes_flags)
		return 0;
	/* The second byte of the pushed flags; a 16-bit push (prefix 0x66) pushes two bytes. */
	uint64_t at = before->user.rsp - (insn->length > 1 ? 2 : 8) + 1;
	uint8_t byte;
	ssize_t got = proc_mem_read(tid, at, &byte, 1);
	if (got < 0)
		return (int)got;
	byte &= (uint8_t) ~(TRAP_FLAG >> 8);
	return proc_mem_write(tid, at, &byte, 1);
}

int arch_reset_trap_flag(pid_t tid)
{
	const size_t at = offsetof(struct user, regs.eflags);
	errno = 0;
	long flags = ptrace(PTRACE_PEEKUSER, tid, (void *)at, NULL);
	if (errno || !(flags & TRAP_FLAG))
		return -errno;
	flags &= ~(long)TRAP_FLAG;
	return ptrace(PTRACE_POKEUSER, tid, (void *)at, (void *)flags) < 0 ? -errno : 0;
}

static int set_debug_register(pid_t tid, unsigned number, uint64_t value)
{
	size_t at = offsetof(struct user, u_debugreg) + number * sizeof(uint64_t);
	return ptrace(PTRACE_POKEUSER, tid, (void *)at, (void *)value) < 0 ? -errno : 0;
}

int arch_move_breakpoint(pid_t tid, uint64_t from, uint64_t to)
{
	enum { CONTROL = 7, EXECUTE_AT_0 = 1 };
	int error = to ? set_debug_register(tid, 0, to) : 0;
	if (!error && !from != !to)
		error = set_debug_register(tid, CONTROL, to ? EXECUTE_AT_0 : 0);
	return error;
}

int arch_set_breakpoints(pid_t tid, const uint64_t *address, unsigned count)
{
	enum { CONTROL = 7, BITS_EACH = 2 };
	uint64_t control = 0;
	int error = set_debug_register(tid, CONTROL, 0);
	for (unsigned i = 0; !error && i < count && i < ARCH_BREAKPOINTS_MAX; i++) {
		error = set_debug_register(tid, i, address[i]);
		control |= UINT64_C(1) << i * BITS_EACH;
	}
	return error || !control ? error : set_debug_register(tid, CONTROL, control);
}

/* ---- The trap instruction ---- */

enum { TRAP_CODE = 0xcc }; /* int3; afterwards the program counter is behind it */

/* The aligned word with a byte of code: an unaligned one might reach into an unmapped page. */
struct code_word {
	uint64_t at, word;
	unsigned low; /* the byte's place in it */
};

static int read_code(pid_t tid, uint64_t address, struct code_word *code, uint8_t *byte)
{
	code->low = address % sizeof(code->word);
	code->at = address - code->low;
	errno = 0;
	code->word = (uint64_t)ptrace(PTRACE_PEEKTEXT, tid, (void *)code->at, NULL);
	memcpy(byte, (const char *)&code->word + code->low, 1);
	return -errno;
}

static int write_code(pid_t tid, struct code_word *code, uint8_t byte)
{
	memcpy((char *)&code->word + code->low, &byte, 1);
	return ptrace(PTRACE_POKETEXT, tid, (void *)code->at, (void *)code->word) < 0 ? -errno : 0;
}

int arch_insert_trap(pid_t tid, uint64_t address, uint8_t *original)
{
	struct code_word code;
	int error = read_code(tid, address, &code, original);
	if (error)
		return error;
	if (*original == TRAP_CODE)
		return -EEXIST;
	/* The first byte alone rules it out for most instructions: this is done at each step. */
	if (*original == syscall_code[0] && is_syscall_at(tid, address))
		return -EBUSY;
	return write_code(tid, &code, TRAP_CODE);
}

/* ptrace cannot write through a thread that is not stopped; /proc/PID/mem can. */
int arch_remove_trap(pid_t tid, uint64_t address, uint8_t original)
{
	uint8_t trap;
	struct code_word code;
	int error = read_code(tid, address, &code, &trap);
	if (!error)
		error = write_code(tid, &code, original);
	return error == -ESRCH ? proc_mem_write(tid, address, &original, 1) : error;
}

bool arch_rewind_trap(pid_t tid, uint64_t address)
{
	const size_t at = offsetof(struct user, regs.rip);
	errno = 0;
	long pc = ptrace(PTRACE_PEEKUSER, tid, (void *)at, NULL);
	if (errno || (uint64_t)pc != address + 1)
		return false;
	return ptrace(PTRACE_POKEUSER, tid, (void *)at, (void *)address) == 0;
}

void arch_peek(pid_t tid, const struct arch_regs *regs, struct arch_insn *insn)
{
	enum { SHORT = 0x66, PUSHF = 0x9c };
	uint8_t code[2] = {0};
	*insn = (struct arch_insn){.pc = arch_pc(regs)};
	if (proc_mem_read(tid, insn->pc, code, sizeof(code)) <= 0)
		return;
	insn->is_syscall = memcmp(code, syscall_code, sizeof(code)) == 0;
	insn->pushes_flags = code[0] == PUSHF || (code[0] == SHORT && code[1] == PUSHF);
	if (insn->is_syscall || insn->pushes_flags)
		insn->length = code[0] == PUSHF ? 1 : 2;
}

int arch_decoder_new(struct arch_decoder **decoder)
{
	struct arch_decoder *d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &d->capstone) != CS_ERR_OK) {
		free(d);
		return -ENOSYS;
	}
	cs_option(d->capstone, CS_OPT_DETAIL, CS_OPT_ON);
	d->raw = cs_malloc(d->capstone);
	if (!d->raw) {
		arch_decoder_free(d);
		return -ENOMEM;
	}
	*decoder = d;
	return 0;
}

void arch_decoder_free(struct arch_decoder *decoder)
{
	if (!decoder)
		return;
	if (decoder->raw)
		cs_free(decoder->raw, 1);
	cs_close(&decoder->capstone);
	free(decoder);
}

void arch_decoder_flush(struct arch_decoder *decoder)
{
	memset(decoder->cache, 0, sizeof(decoder->cache));
}

static struct arch_insn *cache_slot(struct arch_decoder *decoder, uint64_t pc)
{
	uint64_t hash = pc * UINT64_C(0x9e3779b97f4a7c15);
	return &decoder->cache[hash >> 51 & (CACHE_SIZE - 1)];
}

int arch_decode(struct arch_decoder *decoder, pid_t tid, uint64_t pc, const struct arch_insn **insn)
{
	struct arch_insn *slot = cache_slot(decoder, pc);
	if (slot->pc == pc) {
		*insn = slot;
		return 0;
	}
	uint8_t code[X86_INSN_MAX];
	ssize_t got = proc_mem_read(tid, pc, code, sizeof(code));
	if (got < 0)
		return got == -ESRCH ? -ESRCH : -EFAULT;
	slot->pc = pc;
	x86_decode(decoder->capstone, decoder->raw, code, (size_t)got, slot);
	*insn = slot;
	return 0;
}

#endif
