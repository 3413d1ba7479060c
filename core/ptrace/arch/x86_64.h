/* Shared by the files x86_64*.c only. */
#pragma once

#include <capstone/capstone.h>

#include "arch.h"

enum { X86_INSN_MAX = 15 }; /* bytes */
enum { X86_CONDITION_NONE = 0xff };

/* What an instruction does with its explicit memory operand. */
enum x86_access {
	X86_DEFAULT,    /* the first operand is read and written, any other is read */
	X86_READ,       /* read, even as the first operand */
	X86_WRITE,      /* as the first operand written without being read, any other is read */
	X86_READ_WRITE, /* read and written, wherever it stands */
	X86_GATHER,     /* read, at unknown addresses */
	X86_ADDRESS,    /* an address, or a hint: neither read nor written */
	X86_OPAQUE      /* nothing about the instruction is known */
};

/* What an instruction does to memory that is not an explicit operand. */
enum x86_implicit {
	X86_NOTHING,
	X86_PUSH,  /* writes below the stack pointer */
	X86_POP,   /* reads at the stack pointer */
	X86_LEAVE, /* reads at the frame pointer */
	X86_ENTER,
	X86_STOS,      /* writes at rdi */
	X86_MOVS,      /* reads at rsi, writes at rdi */
	X86_LODS,      /* reads at rsi */
	X86_SCAS,      /* reads at rdi */
	X86_CMPS,      /* reads at rsi and rdi */
	X86_XLAT,      /* reads at rbx + al */
	X86_MASKED_RDI /* writes at rdi: maskmovq, maskmovdqu */
};

/* One row of the table by capstone's instruction number. */
struct x86_effect {
	uint8_t access;   /* enum x86_access */
	uint8_t implicit; /* enum x86_implicit */
	uint16_t size;    /* bytes accessed, where capstone's size is wrong; else 0 */
	bool bit_offset;  /* a register operand is a bit offset from the address: bt, bts, btr, btc
			   */
	bool nondeterministic; /* the result depends on a clock, chance or the processor it runs on
				*/
	bool xsave;            /* the size is that of this machine's XSAVE area */
};

/* `id` is capstone's. */
const struct x86_effect *x86_effect(unsigned id);

/* The largest XSAVE area of this machine, bytes. */
uint32_t x86_xsave_size(void);

/* Decodes an instruction that capstone 4 does not know. True: *insn is filled in. */
bool x86_decode_extension(const uint8_t *code, size_t size, struct arch_insn *insn);

/* True for vector instructions unknown to capstone 4 that never write memory. */
bool x86_stores_nothing(const uint8_t *code, size_t size);

/* Fills in *insn, whose pc is set, from `size` bytes of code. `raw` is scratch for capstone. */
void x86_decode(
	csh capstone, cs_insn *raw, const uint8_t *code, size_t size, struct arch_insn *insn);

/* The number of a general register in struct arch_operand; 0: none. */
uint8_t x86_register_number(x86_reg reg);
/* The value of the register with that number; 0 for none. */
uint64_t x86_register_value(const struct user_regs_struct *user, uint8_t number);
enum x86_special_register { X86_NONE = 0, X86_FS_BASE = 0xfe, X86_GS_BASE = 0xff };
