/* From capstone's description of an instruction to the operands that it reads and writes. */
#if defined(__x86_64__)

#include <string.h>

#include "x86_64.h"

/* Legacy prefixes and REX, parsed here because capstone merges and drops some of them. */
struct prefixes {
	uint8_t segment; /* X86_NONE, X86_FS_BASE or X86_GS_BASE */
	bool addr32;     /* 32-bit addresses */
	bool data16;     /* 16-bit operands, unless rex_w */
	bool rep;
	bool rex_w; /* REX.W */
	bool lock;
};

static bool legacy_prefix(uint8_t byte, struct prefixes *p)
{
	if (byte == 0x64)
		p->segment = X86_FS_BASE;
	else if (byte == 0x65)
		p->segment = X86_GS_BASE;
	else if (byte == 0x66)
		p->data16 = true;
	else if (byte == 0x67)
		p->addr32 = true;
	else if (byte == 0xf2 || byte == 0xf3)
		p->rep = true;
	else if (byte == 0xf0)
		p->lock = true;
	else
		return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e;
	return true;
}

/* Returns the offset of the opcode. REX counts only right before it; clang misplaces some. */
static size_t read_prefixes(const uint8_t *code, size_t size, struct prefixes *p)
{
	size_t at = 0;
	for (*p = (struct prefixes){0}; at < size; at++) {
		if ((code[at] & 0xf0) == 0x40)
			p->rex_w = (code[at] & 8) != 0;
		else if (legacy_prefix(code[at], p))
			p->rex_w = false;
		else
			break;
	}
	return at;
}

static void add_store(struct arch_insn *insn, struct arch_operand operand)
{
	insn->store[insn->stores++] = operand;
}

static void add_load(struct arch_insn *insn, struct arch_operand operand)
{
	insn->load[insn->loads++] = operand;
}

/* False if the address cannot be computed: vector indexes, unexpected segments. */
static bool explicit_operand(const struct arch_insn *insn, const struct prefixes *p,
	const cs_x86_op *op, struct arch_operand *out)
{
	const x86_op_mem *mem = &op->mem;
	uint8_t segment = mem->segment == X86_REG_FS   ? X86_FS_BASE
			  : mem->segment == X86_REG_GS ? X86_GS_BASE
						       : X86_NONE;
	if (segment != p->segment)
		return false;
	*out = (struct arch_operand){
		.displacement = mem->disp,
		.size = op->size,
		.scale = (uint8_t)mem->scale,
		.segment = segment,
		.addr32 = p->addr32,
	};
	if (mem->base == X86_REG_RIP || mem->base == X86_REG_EIP)
		out->displacement += (int64_t)(insn->pc + insn->length);
	else if (mem->base != X86_REG_INVALID && !(out->base = x86_register_number(mem->base)))
		return false;
	if (mem->index == X86_REG_INVALID || mem->index == X86_REG_RIZ || mem->index == X86_REG_EIZ)
		return true;
	return (out->index = x86_register_number(mem->index)) != X86_NONE;
}

static uint32_t operand_size(const cs_x86_op *op, const struct x86_effect *effect)
{
	if (effect->xsave)
		return x86_xsave_size();
	return effect->size ? effect->size : op->size;
}

/* The explicit memory operand: at most one, except in string instructions. */
static bool add_explicit(struct arch_insn *insn, const struct prefixes *p, const cs_x86 *x86,
	const struct x86_effect *effect)
{
	unsigned at = 0;
	while (at < x86->op_count && x86->operands[at].type != X86_OP_MEM)
		at++;
	if (at == x86->op_count || effect->access == X86_ADDRESS)
		return true;
	struct arch_operand operand;
	bool first = at == 0;
	bool written = effect->access == X86_READ_WRITE ||
		       (first && effect->access != X86_READ && effect->access != X86_GATHER);
	bool read = !(first && effect->access == X86_WRITE);
	bool understood = effect->access != X86_GATHER &&
			  explicit_operand(insn, p, &x86->operands[at], &operand);
	if (!understood) {
		insn->stores_known &= !written;
		insn->loads_known &= !read;
		return true;
	}
	operand.size = operand_size(&x86->operands[at], effect);
	if (effect->bit_offset && x86->op_count > 1 && x86->operands[1].type == X86_OP_REG)
		operand.bit_offset = x86_register_number(x86->operands[1].reg);
	if (effect->implicit == X86_POP && operand.base == x86_register_number(X86_REG_RSP))
		operand.displacement += operand.size; /* rsp is incremented first */
	if (operand.size == 0)
		return false;
	if (written)
		add_store(insn, operand);
	if (read)
		add_load(insn, operand);
	return true;
}

static struct arch_operand at_register(x86_reg reg, int64_t displacement, uint32_t size)
{
	return (struct arch_operand){
		.base = x86_register_number(reg), .displacement = displacement, .size = size};
}

/* Nested frames (level > 0), which compilers do not emit, also read the old frame. */
static void add_enter(struct arch_insn *insn, const cs_x86 *x86)
{
	int64_t level = x86->op_count > 1 ? x86->operands[1].imm & 31 : 0;
	int64_t size = 8 * (level + 1);
	add_store(insn, at_register(X86_REG_RSP, -size, (uint32_t)size));
	insn->loads_known &= level == 0;
}

/* A 16-bit push or pop touches a part of this range: an overestimate is safe. */
static void add_stack(struct arch_insn *insn, const cs_x86 *x86, unsigned id, uint8_t implicit)
{
	uint32_t size = id == X86_INS_LCALL || id == X86_INS_RETF || id == X86_INS_RETFQ ? 16 : 8;
	if (implicit == X86_PUSH)
		add_store(insn, at_register(X86_REG_RSP, -(int64_t)size, size));
	else if (implicit == X86_POP)
		add_load(insn, at_register(X86_REG_RSP, 0, size));
	else if (implicit == X86_LEAVE)
		add_load(insn, at_register(X86_REG_RBP, 0, size));
	else if (implicit == X86_ENTER)
		add_enter(insn, x86);
}

/* Capstone 4 gets the width wrong with some prefix orders: 67 f3 66 ab is stosw, not stosd. */
static uint32_t string_size(const struct prefixes *p, uint8_t opcode)
{
	if ((opcode & 1) == 0)
		return 1;
	if (p->rex_w)
		return 8;
	return p->data16 ? 2 : 4;
}

/* rdi always uses ES, whose base is 0; rsi and the others use the segment prefix. */
static void add_string(struct arch_insn *insn, const struct prefixes *p, const struct x86_effect *e,
	uint8_t opcode)
{
	uint32_t size = e->size ? e->size : string_size(p, opcode);
	struct arch_operand rdi = at_register(X86_REG_RDI, 0, size);
	struct arch_operand rsi = at_register(X86_REG_RSI, 0, size);
	rdi.addr32 = rsi.addr32 = p->addr32;
	rsi.segment = p->segment;
	if (e->implicit == X86_MOVS || e->implicit == X86_LODS || e->implicit == X86_CMPS)
		add_load(insn, rsi);
	if (e->implicit == X86_SCAS || e->implicit == X86_CMPS)
		add_load(insn, rdi);
	if (e->implicit == X86_MASKED_RDI)
		rdi.segment = p->segment;
	if (e->implicit == X86_MOVS || e->implicit == X86_STOS || e->implicit == X86_MASKED_RDI)
		add_store(insn, rdi);
	if (e->implicit == X86_XLAT) {
		struct arch_operand table = at_register(X86_REG_RBX, 0, size); /* + al */
		table.addr32 = p->addr32;
		table.segment = p->segment;
		add_load(insn, table);
	}
	insn->is_repeated = p->rep && e->implicit != X86_MASKED_RDI;
}

static bool is_branch(csh capstone, const cs_insn *raw)
{
	return cs_insn_group(capstone, raw, X86_GRP_JUMP) ||
	       cs_insn_group(capstone, raw, X86_GRP_CALL) ||
	       cs_insn_group(capstone, raw, X86_GRP_RET) || raw->id == X86_INS_LOOP ||
	       raw->id == X86_INS_LOOPE || raw->id == X86_INS_LOOPNE || raw->id == X86_INS_JRCXZ ||
	       raw->id == X86_INS_JECXZ;
}

/* 70+cc and 0f 80+cc. The other conditional branches (loop, jrcxz) are rare. */
static uint8_t condition(const uint8_t *opcode)
{
	if (opcode[0] >> 4 == 7)
		return opcode[0] & 15;
	if (opcode[0] == 0x0f && opcode[1] >> 4 == 8)
		return opcode[1] & 15;
	return X86_CONDITION_NONE;
}

static void add_branch(
	csh capstone, const cs_insn *raw, const uint8_t *opcode, struct arch_insn *insn)
{
	const cs_x86_op *op = &raw->detail->x86.operands[0];
	insn->is_branch = is_branch(capstone, raw);
	if (!insn->is_branch || raw->detail->x86.op_count != 1)
		return;
	if (op->type == X86_OP_REG)
		insn->target_register = x86_register_number(op->reg);
	if (op->type != X86_OP_IMM || raw->id == X86_INS_RET || raw->id == X86_INS_RETF)
		return;
	insn->target = (uint64_t)op->imm;
	insn->is_conditional = raw->id != X86_INS_JMP && raw->id != X86_INS_CALL;
	insn->condition = condition(opcode);
}

/* Capstone uses the ids MOVSD and CMPSD for SSE too; only the string ones have this opcode. */
static const struct x86_effect *effect_of(const cs_insn *raw, uint8_t opcode)
{
	static const struct x86_effect movsd = {.access = X86_WRITE};
	static const struct x86_effect cmpsd = {.access = X86_READ};
	if (raw->id == X86_INS_MOVSD && opcode != 0xa5)
		return &movsd;
	if (raw->id == X86_INS_CMPSD && opcode != 0xa7)
		return &cmpsd;
	return x86_effect(raw->id);
}

/* A constant distance from the stack pointer. */
static bool is_on_stack(const struct arch_operand *op)
{
	return op->base == x86_register_number(X86_REG_RSP) && !op->index && !op->segment &&
	       !op->addr32 && !op->bit_offset;
}

static bool fill_insn(csh capstone, const cs_insn *raw, const uint8_t *code, struct arch_insn *insn)
{
	struct prefixes p;
	size_t opcode = read_prefixes(code, raw->size, &p);
	if (opcode >= raw->size)
		return false; /* nothing but prefixes: capstone is wrong */
	const struct x86_effect *effect = effect_of(raw, code[opcode]);
	if (effect->access == X86_OPAQUE)
		return false;
	insn->is_syscall = raw->id == X86_INS_SYSCALL;
	add_branch(capstone, raw, code + opcode, insn);
	/* Intel and AMD disagree on what the prefix does to branches. */
	if (insn->is_branch && p.data16 && !p.rex_w)
		return false;
	insn->pushes_flags = raw->id == X86_INS_PUSHF || raw->id == X86_INS_PUSHFQ;
	insn->nondeterministic = effect->nondeterministic;
	insn->stores_known = insn->loads_known = true;
	if (!add_explicit(insn, &p, &raw->detail->x86, effect))
		return false;
	if (effect->implicit >= X86_STOS)
		add_string(insn, &p, effect, code[opcode]);
	else
		add_stack(insn, &raw->detail->x86, raw->id, effect->implicit);
	/* xchg with memory is atomic without a prefix. */
	insn->is_atomic = insn->stores > 0 && (p.lock || raw->id == X86_INS_XCHG);
	insn->stores_on_stack = insn->stores == 0 || is_on_stack(&insn->store[0]);
	return true;
}

void x86_decode(
	csh capstone, cs_insn *raw, const uint8_t *code, size_t size, struct arch_insn *insn)
{
	*insn = (struct arch_insn){.pc = insn->pc};
	if (x86_decode_extension(code, size, insn))
		return;
	const uint8_t *next = code;
	size_t left = size;
	uint64_t pc = insn->pc;
	if (!cs_disasm_iter(capstone, &next, &left, &pc, raw)) {
		insn->stores_known = x86_stores_nothing(code, size);
		return;
	}
	insn->length = (uint8_t)raw->size;
	if (!fill_insn(capstone, raw, code, insn))
		*insn = (struct arch_insn){.pc = insn->pc, .length = insn->length};
}

#endif
