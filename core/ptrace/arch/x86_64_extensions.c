/* Instructions that capstone 4 does not know, such as AVX-512BW and clzero. */
#if defined(__x86_64__)

#include <string.h>

#include "x86_64.h"

enum { CACHE_LINE = 64, OPCODE_MAPS = 4 };

/* clzero: zeroes the cache line that rax points into. */
static bool decode_clzero(const uint8_t *code, size_t size, struct arch_insn *insn)
{
	static const uint8_t bytes[] = {0x0f, 0x01, 0xfc};
	bool addr32 = size > 0 && code[0] == 0x67;
	if (size < sizeof(bytes) + addr32 || memcmp(code + addr32, bytes, sizeof(bytes)) != 0)
		return false;
	insn->length = (uint8_t)(sizeof(bytes) + addr32);
	insn->stores = 1;
	insn->store[0] = (struct arch_operand){
		.base = x86_register_number(X86_REG_RAX),
		.size = CACHE_LINE,
		.alignment = CACHE_LINE,
		.addr32 = addr32,
	};
	return true;
}

/*
 * rdpid returns the processor's number. tpause, umwait and umonitor, which capstone takes for
 * mfence, depend on the clock.
 */
static bool decode_nondeterministic(const uint8_t *code, size_t size, struct arch_insn *insn)
{
	size_t rex = size > 1 && (code[1] & 0xf0) == 0x40;
	if (size < 4 + rex || code[1 + rex] != 0x0f)
		return false;
	uint8_t prefix = code[0], opcode = code[2 + rex], modrm = code[3 + rex] & 0xf8;
	bool rdpid = prefix == 0xf3 && opcode == 0xc7 && modrm == 0xf8;
	bool wait = (prefix == 0x66 || prefix == 0xf2 || prefix == 0xf3) && opcode == 0xae &&
		    modrm == 0xf0;
	if (!rdpid && !wait)
		return false;
	insn->length = (uint8_t)(4 + rex);
	insn->nondeterministic = true;
	return true;
}

bool x86_decode_extension(const uint8_t *code, size_t size, struct arch_insn *insn)
{
	if (!decode_clzero(code, size, insn) && !decode_nondeterministic(code, size, insn))
		return false;
	insn->stores_known = insn->loads_known = true;
	return true;
}

static bool contains(const uint8_t *opcodes, uint8_t opcode)
{
	return opcode && strchr((const char *)opcodes, opcode);
}

/* Instructions on mask registers, except 0x91: kmov to memory. */
static bool vex_stores_nothing(const uint8_t *code, size_t size)
{
	static const uint8_t masks[] = {
		0x41, 0x42, 0x44, 0x45, 0x46, 0x47, 0x4a, 0x4b, 0x90, 0x92, 0x93, 0x98, 0x99, 0};
	if (size > 2 && code[0] == 0xc5)
		return contains(masks, code[2]);
	return size > 3 && code[0] == 0xc4 && (code[1] & 0x1f) == 1 && contains(masks, code[3]);
}

/*
 * EVEX instructions, except the opcodes with a form that stores: moves, extracts, narrowing moves,
 * compressions, scatters, AMX and APX. 0xe0 to 0xef of map 2 is APX's compare-and-add.
 */
static bool evex_stores_nothing(const uint8_t *code, size_t size)
{
	static const uint8_t storing[OPCODE_MAPS][40] = {
		[1] = {0x11, 0x13, 0x17, 0x29, 0x2b, 0x7e, 0x7f, 0x91, 0xd6, 0xe7},
		[2] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x30,
			0x31, 0x32, 0x33, 0x34, 0x35, 0x49, 0x4b, 0x63, 0x8a, 0x8b, 0xa0, 0xa1,
			0xa2, 0xa3, 0xc6, 0xc7},
		[3] = {0x14, 0x15, 0x16, 0x17, 0x19, 0x1b, 0x1d, 0x39, 0x3b},
	};
	if (size < 5 || code[0] != 0x62)
		return false;
	unsigned map = code[1] & 7;
	if (map < 1 || map > 3 || (map == 2 && code[4] >> 4 == 0xe))
		return false;
	return !contains(storing[map], code[4]);
}

bool x86_stores_nothing(const uint8_t *code, size_t size)
{
	return vex_stores_nothing(code, size) || evex_stores_nothing(code, size);
}

#endif
