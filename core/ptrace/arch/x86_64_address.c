/* Effective addresses: struct arch_operand evaluated with given registers. */
#if defined(__x86_64__)

#include <stddef.h>
#include <string.h>

#include "x86_64.h"

/* The index of a general register in user_regs_struct, plus one. */
#define WORD(field) (offsetof(struct user_regs_struct, field) / 8 + 1)
#define REGISTER(R64, R32, R16, R8, field)                                                         \
	[X86_REG_##R64] = WORD(field), [X86_REG_##R32] = WORD(field),                              \
	[X86_REG_##R16] = WORD(field), [X86_REG_##R8] = WORD(field)

static const uint8_t registers[X86_REG_ENDING] = {
	REGISTER(RAX, EAX, AX, AL, rax),
	REGISTER(RBX, EBX, BX, BL, rbx),
	REGISTER(RCX, ECX, CX, CL, rcx),
	REGISTER(RDX, EDX, DX, DL, rdx),
	REGISTER(RSI, ESI, SI, SIL, rsi),
	REGISTER(RDI, EDI, DI, DIL, rdi),
	REGISTER(RBP, EBP, BP, BPL, rbp),
	REGISTER(RSP, ESP, SP, SPL, rsp),
	REGISTER(R8, R8D, R8W, R8B, r8),
	REGISTER(R9, R9D, R9W, R9B, r9),
	REGISTER(R10, R10D, R10W, R10B, r10),
	REGISTER(R11, R11D, R11W, R11B, r11),
	REGISTER(R12, R12D, R12W, R12B, r12),
	REGISTER(R13, R13D, R13W, R13B, r13),
	REGISTER(R14, R14D, R14W, R14B, r14),
	REGISTER(R15, R15D, R15W, R15B, r15),
};

uint8_t x86_register_number(x86_reg reg)
{
	return reg < X86_REG_ENDING ? registers[reg] : X86_NONE;
}

uint64_t x86_register_value(const struct user_regs_struct *user, uint8_t number)
{
	if (number == X86_NONE)
		return 0;
	if (number == X86_FS_BASE)
		return user->fs_base;
	if (number == X86_GS_BASE)
		return user->gs_base;
	uint64_t value;
	memcpy(&value, (const char *)user + (number - 1) * sizeof(value), sizeof(value));
	return value;
}

/* bts %rax, mem: rax is a signed bit offset from mem, so the byte may be before or after it. */
static int64_t bit_displacement(const struct user_regs_struct *user, const struct arch_operand *op)
{
	uint64_t raw = x86_register_value(user, op->bit_offset);
	int64_t bit = op->size == 2 ? (int16_t)raw : op->size == 4 ? (int32_t)raw : (int64_t)raw;
	int64_t width = 8 * (int64_t)op->size;
	int64_t units = bit / width - (bit % width < 0);
	return units * op->size;
}

static struct arch_range range_of(
	const struct user_regs_struct *user, const struct arch_operand *op)
{
	uint64_t address = (uint64_t)op->displacement + x86_register_value(user, op->base) +
			   x86_register_value(user, op->index) * op->scale;
	if (op->bit_offset)
		address += (uint64_t)bit_displacement(user, op);
	if (op->addr32)
		address = (uint32_t)address;
	address += x86_register_value(user, op->segment);
	if (op->alignment)
		address -= address % op->alignment;
	return (struct arch_range){.address = address, .size = op->size};
}

unsigned arch_stores(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_STORES_MAX])
{
	for (unsigned i = 0; i < insn->stores; i++)
		range[i] = range_of(&before->user, &insn->store[i]);
	return insn->stores;
}

unsigned arch_loads(const struct arch_insn *insn, const struct arch_regs *before,
	struct arch_range range[ARCH_LOADS_MAX])
{
	for (unsigned i = 0; i < insn->loads; i++)
		range[i] = range_of(&before->user, &insn->load[i]);
	return insn->loads;
}

#endif
