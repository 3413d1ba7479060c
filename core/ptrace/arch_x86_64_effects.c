/*
 * What x86-64 instructions do to memory, where the rule "the first operand is read and written, the
 * others are read" does not say it. Made from the processor manuals, not from capstone's access
 * flags: those are wrong or missing too often (tests/unit/test_stores.c has the cases). Forgetting
 * a line of X86_READ or X86_WRITE only makes the answer too broad; forgetting an implicit write or
 * X86_BOTH would make it wrong.
 */
#if defined(__x86_64__)

#include "arch_x86_64.h"

#include <cpuid.h>

#define READ(id)           [X86_INS_##id] = {.access = X86_READ}
#define WRITE(id)          [X86_INS_##id] = {.access = X86_WRITE}
#define WRITE_SIZE(id, n)  [X86_INS_##id] = {.access = X86_WRITE, .size = (n)}
#define READ_SIZE(id, n)   [X86_INS_##id] = {.access = X86_READ, .size = (n)}
#define BOTH(id)           [X86_INS_##id] = {.access = X86_BOTH}
#define GATHER(id)         [X86_INS_##id] = {.access = X86_GATHER}
#define ADDRESS(id)        [X86_INS_##id] = {.access = X86_ADDRESS}
#define OPAQUE(id)         [X86_INS_##id] = {.access = X86_OPAQUE}
#define OUTSIDE(id)        [X86_INS_##id] = {.access = X86_WRITE, .outside = true}
#define IMPLICIT(id, what) [X86_INS_##id] = {.access = X86_READ, .implicit = X86_##what}
#define STRING(id, what)   [X86_INS_##id] = {.access = X86_ADDRESS, .implicit = X86_##what}
#define BYTES(id, what, n)                                                                         \
	[X86_INS_##id] = {.access = X86_ADDRESS, .implicit = X86_##what, .size = (n)}
#define XSAVE(id)  [X86_INS_##id] = {.access = X86_DEFAULT, .xsave = true}
#define XRSTOR(id) [X86_INS_##id] = {.access = X86_READ, .xsave = true}

/* clang-format off */
static const struct x86_effect effects[X86_INS_ENDING] = {
	/* Memory as the first operand, only read. */
	READ(CMP), READ(TEST), READ(JMP), READ(LJMP), READ(MUL), READ(IMUL), READ(DIV),
	READ(IDIV), READ(FLD), READ(FILD), READ(FBLD), READ(FADD), READ(FIADD), READ(FSUB),
	READ(FISUB), READ(FSUBR), READ(FISUBR), READ(FMUL), READ(FIMUL), READ(FDIV),
	READ(FIDIV), READ(FDIVR), READ(FIDIVR), READ(FCOM), READ(FCOMP), READ(FICOM),
	READ(FICOMP), READ(FLDCW), READ(LDMXCSR), READ(VLDMXCSR), READ_SIZE(FLDENV, 28),
	READ_SIZE(FRSTOR, 108), READ_SIZE(FXRSTOR, 512), READ_SIZE(FXRSTOR64, 512),
	XRSTOR(XRSTOR), XRSTOR(XRSTOR64), XRSTOR(XRSTORS), XRSTOR(XRSTORS64),
	[X86_INS_BT] = {.access = X86_READ, .bit_offset = true},

	/* Where capstone 4 may show a general register for the vector of indexes. */
	GATHER(VGATHERDPD), GATHER(VGATHERDPS), GATHER(VGATHERQPD), GATHER(VGATHERQPS), GATHER(VPGATHERDD), GATHER(VPGATHERDQ), GATHER(VPGATHERQD), GATHER(VPGATHERQQ),

	/* Memory as the first operand, written without being read. */
	WRITE(MOV), WRITE(MOVABS), WRITE(MOVBE), WRITE(MOVNTI), WRITE(MOVD), WRITE(MOVQ),
	WRITE(MOVNTQ), WRITE(MOVAPS), WRITE(MOVAPD), WRITE(MOVUPS), WRITE(MOVUPD),
	WRITE(MOVDQA), WRITE(MOVDQU), WRITE(MOVHPS), WRITE(MOVHPD), WRITE(MOVLPS),
	WRITE(MOVLPD), WRITE(MOVNTPS), WRITE(MOVNTPD), WRITE(MOVNTDQ), WRITE(MOVNTSS),
	WRITE(MOVNTSD), WRITE(MOVSS), WRITE(VMOVD), WRITE(VMOVQ), WRITE(VMOVAPS),
	WRITE(VMOVAPD), WRITE(VMOVUPS), WRITE(VMOVUPD), WRITE(VMOVDQA), WRITE(VMOVDQU),
	WRITE(VMOVDQA32), WRITE(VMOVDQA64), WRITE(VMOVDQU8), WRITE(VMOVDQU16), WRITE(VMOVDQU32),
	WRITE(VMOVDQU64), WRITE(VMOVHPS), WRITE(VMOVHPD), WRITE(VMOVLPS), WRITE(VMOVLPD),
	WRITE(VMOVNTPS), WRITE(VMOVNTPD), WRITE(VMOVNTDQ), WRITE(VMOVSS), WRITE(VMOVSD),
	WRITE(KMOVB), WRITE(KMOVW), WRITE(KMOVD), WRITE(KMOVQ), WRITE(EXTRACTPS), WRITE(PEXTRB),
	WRITE(PEXTRW), WRITE(PEXTRD), WRITE(PEXTRQ), WRITE(VEXTRACTPS), WRITE(VPEXTRB),
	WRITE(VPEXTRW), WRITE(VPEXTRD), WRITE(VPEXTRQ), WRITE(VEXTRACTF128),
	WRITE(VEXTRACTI128), WRITE(VCVTPS2PH), WRITE(VMASKMOVPS), WRITE(VMASKMOVPD),
	WRITE(VPMASKMOVD), WRITE(VPMASKMOVQ), WRITE(SETAE), WRITE(SETA), WRITE(SETBE),
	WRITE(SETB), WRITE(SETE), WRITE(SETGE), WRITE(SETG), WRITE(SETLE), WRITE(SETL),
	WRITE(SETNE), WRITE(SETNO), WRITE(SETNP), WRITE(SETNS), WRITE(SETO), WRITE(SETP),
	WRITE(SETS), WRITE(FST), WRITE(FSTP), WRITE(FIST), WRITE(FISTP), WRITE(FISTTP),
	WRITE_SIZE(FBSTP, 10), WRITE_SIZE(FNSTCW, 2), WRITE_SIZE(FNSTSW, 2),
	WRITE_SIZE(FNSTENV, 28), WRITE_SIZE(FNSAVE, 108), WRITE_SIZE(FXSAVE, 512),
	WRITE_SIZE(FXSAVE64, 512), WRITE_SIZE(STMXCSR, 4), WRITE_SIZE(VSTMXCSR, 4),

	/* They read the header of the area before they write it. */
	XSAVE(XSAVE), XSAVE(XSAVE64), XSAVE(XSAVEC), XSAVE(XSAVEC64), XSAVE(XSAVEOPT),
	XSAVE(XSAVEOPT64), XSAVE(XSAVES), XSAVE(XSAVES64),

	/* Read and written whether the memory operand is first or second; bits with an offset. */
	BOTH(XCHG), BOTH(XADD), [X86_INS_CMPXCHG8B] = {.access = X86_BOTH, .size = 8},
	[X86_INS_CMPXCHG16B] = {.access = X86_BOTH, .size = 16},
	[X86_INS_BTS] = {.bit_offset = true}, [X86_INS_BTR] = {.bit_offset = true},
	[X86_INS_BTC] = {.bit_offset = true},

	/* An address that is not followed. */
	ADDRESS(LEA), ADDRESS(NOP), ADDRESS(FNOP), ADDRESS(PREFETCH), ADDRESS(PREFETCHNTA),
	ADDRESS(PREFETCHT0), ADDRESS(PREFETCHT1), ADDRESS(PREFETCHT2), ADDRESS(PREFETCHW),
	ADDRESS(CLFLUSH), ADDRESS(CLFLUSHOPT), ADDRESS(CLWB), ADDRESS(UD0),

	/* The stack. */
	IMPLICIT(PUSH, PUSH), IMPLICIT(PUSHF, PUSH), IMPLICIT(PUSHFQ, PUSH),
	IMPLICIT(CALL, PUSH), IMPLICIT(LCALL, PUSH), IMPLICIT(ENTER, ENTER),
	IMPLICIT(POPF, POP), IMPLICIT(POPFQ, POP), IMPLICIT(RET, POP), IMPLICIT(RETF, POP),
	IMPLICIT(RETFQ, POP), IMPLICIT(LEAVE, LEAVE),
	[X86_INS_POP] = {.access = X86_WRITE, .implicit = X86_POP},

	/* Strings; capstone shares MOVSD and CMPSD with SSE, which x86_decode() sorts out. */
	STRING(STOSB, STOS), STRING(STOSW, STOS), STRING(STOSD, STOS),
	STRING(STOSQ, STOS), STRING(MOVSB, MOVS), STRING(MOVSW, MOVS),
	STRING(MOVSD, MOVS), STRING(MOVSQ, MOVS), STRING(LODSB, LODS),
	STRING(LODSW, LODS), STRING(LODSD, LODS), STRING(LODSQ, LODS),
	STRING(SCASB, SCAS), STRING(SCASW, SCAS), STRING(SCASD, SCAS),
	STRING(SCASQ, SCAS), STRING(CMPSB, CMPS), STRING(CMPSW, CMPS),
	STRING(CMPSD, CMPS), STRING(CMPSQ, CMPS), BYTES(XLATB, XLAT, 256),
	BYTES(MASKMOVQ, MASKED_RDI, 8), BYTES(MASKMOVDQU, MASKED_RDI, 16),
	BYTES(VMASKMOVDQU, MASKED_RDI, 16),

	/* The same registers and memory need not give the same result again. */
	OUTSIDE(RDTSC), OUTSIDE(RDTSCP), OUTSIDE(RDPMC), OUTSIDE(RDRAND), OUTSIDE(RDSEED),
	OUTSIDE(CPUID), OUTSIDE(XGETBV), OUTSIDE(LSL), OUTSIDE(LAR), OUTSIDE(VERR),
	OUTSIDE(VERW), OUTSIDE(XTEST),

	/* Where the kernel emulates them (UMIP), one step executes the next instruction as well. */
	OPAQUE(SGDT), OPAQUE(SIDT), OPAQUE(SLDT), OPAQUE(STR), OPAQUE(SMSW),

	/* Faults for user code, transactions that roll memory back, firmware, hypervisors; scatter,
	 * whose addresses are in a vector register. */
	OPAQUE(INT), OPAQUE(INT1), OPAQUE(INT3), OPAQUE(INTO), OPAQUE(IRET), OPAQUE(IRETD),
	OPAQUE(IRETQ), OPAQUE(SYSENTER), OPAQUE(SYSEXIT), OPAQUE(SYSRET), OPAQUE(INSB),
	OPAQUE(INSW), OPAQUE(INSD), OPAQUE(OUTSB), OPAQUE(OUTSW), OPAQUE(OUTSD), OPAQUE(XBEGIN),
	OPAQUE(XEND), OPAQUE(XABORT), OPAQUE(MONTMUL), OPAQUE(XCRYPTCBC), OPAQUE(XCRYPTCFB),
	OPAQUE(XCRYPTCTR), OPAQUE(XCRYPTECB), OPAQUE(XCRYPTOFB), OPAQUE(XSHA1), OPAQUE(XSHA256),
	OPAQUE(XSTORE), OPAQUE(ENCLS), OPAQUE(ENCLU), OPAQUE(GETSEC), OPAQUE(RSM),
	OPAQUE(SKINIT), OPAQUE(VMRUN), OPAQUE(VMLOAD), OPAQUE(VMSAVE), OPAQUE(VMCALL),
	OPAQUE(VMMCALL), OPAQUE(VMFUNC), OPAQUE(VMLAUNCH), OPAQUE(VMRESUME), OPAQUE(VMXOFF),
	OPAQUE(VMXON), OPAQUE(VMCLEAR), OPAQUE(VMPTRLD), OPAQUE(VMPTRST), OPAQUE(VMREAD),
	OPAQUE(VMWRITE), OPAQUE(INVEPT), OPAQUE(INVVPID), OPAQUE(INVPCID), OPAQUE(INVLPG),
	OPAQUE(INVLPGA), OPAQUE(MONITOR), OPAQUE(MWAIT), OPAQUE(DATA16), OPAQUE(XACQUIRE),
	OPAQUE(XRELEASE), OPAQUE(VPSCATTERDD), OPAQUE(VPSCATTERDQ), OPAQUE(VPSCATTERQD),
	OPAQUE(VPSCATTERQQ), OPAQUE(VSCATTERDPD), OPAQUE(VSCATTERDPS), OPAQUE(VSCATTERQPD),
	OPAQUE(VSCATTERQPS),
};
/* clang-format on */

const struct x86_effect *x86_effect(unsigned id)
{
	static const struct x86_effect unheard_of = {.access = X86_OPAQUE};
	return id > X86_INS_INVALID && id < X86_INS_ENDING ? &effects[id] : &unheard_of;
}

uint32_t x86_xsave_size(void)
{
	unsigned a, standard = 0, c = 0, d, compacted = 0;
	__cpuid_count(0xd, 0, a, standard, c, d);
	__cpuid_count(0xd, 1, a, compacted, c, d);
	uint32_t size = standard > compacted ? standard : compacted;
	return size > 576 ? size : 576; /* the legacy area and the header are always there */
}

#endif
