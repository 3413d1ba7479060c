/*
 * Instructions that write memory, for test_stores.c: SNIPPET(flags, assembly). Each is run with
 * registers that point into an arena: rdi, rsi, rbx, rbp, rsp, and the bases of fs and gs; rax, rcx
 * and rdx hold random numbers. An instruction that this machine lacks is skipped.
 */
#pragma once

#define EXACT  0 /* every predicted byte is written */
#define PARTLY 1 /* some bytes of the predicted range are not written */
#define RARELY 2 /* perhaps none is, or the bytes that were there are written back */
#define OPAQUE 4 /* must be reported as not known */

struct snippet {
	uint64_t begin, end;
	const char *text;
	uint64_t flags;
};

#define SNIPPET_(flags, text)                                                                      \
	__asm__(".pushsection .text\n771: " text "\n772: int3\n.popsection\n"                      \
		".pushsection .rodata.snippet_text,\"a\"\n773: .asciz \"" text "\"\n.popsection\n" \
		".pushsection snippets,\"aw\"\n.balign 8\n.quad 771b, 772b, 773b, " #flags         \
		"\n.popsection\n")
#define SNIPPET(flags, text) SNIPPET_(flags, text)

/* Moves. */
SNIPPET(EXACT, "mov %al, (%rdi)");
SNIPPET(EXACT, "mov %ah, 3(%rdi)");
SNIPPET(EXACT, "mov %ax, (%rdi)");
SNIPPET(EXACT, "mov %eax, -4(%rdi)");
SNIPPET(EXACT, "mov %rax, 8(%rdi)");
SNIPPET(EXACT, "movb $0x5a, (%rdi)");
SNIPPET(EXACT, "movw $0x5a5a, (%rdi)");
SNIPPET(EXACT, "movl $0x5a5a5a5a, (%rdi)");
SNIPPET(EXACT, "movq $0x5a5a5a5a, (%rdi)");
SNIPPET(EXACT, "mov %ds, (%rdi)");
SNIPPET(EXACT, "mov $9, %ecx; mov %rax, 16(%rdi,%rcx,8)");
SNIPPET(EXACT, "mov $-9, %rcx; mov %rax, (%rdi,%rcx,4)");
SNIPPET(EXACT, "mov $3, %r12d; mov %rdi, %r13; mov %rax, (%r13,%r12,2)");
SNIPPET(EXACT, "mov %rax, 7(%rsp)");
SNIPPET(EXACT, "mov %eax, (%edi)");
SNIPPET(EXACT, "mov $-4, %ecx; mov %eax, 4(%edi,%ecx)");
SNIPPET(EXACT, "mov %rax, %fs:0x18");
SNIPPET(EXACT, "mov $0x20, %ecx; mov %rax, %gs:8(%rcx)");
SNIPPET(EXACT, "movabs %al, %fs:0x28");
SNIPPET(EXACT, "movabs %rax, %gs:0x28");
SNIPPET(EXACT, "movnti %eax, (%rdi)");
SNIPPET(EXACT, "movnti %rax, (%rdi)");
SNIPPET(EXACT, "movbe %ax, (%rdi)");
SNIPPET(EXACT, "movbe %eax, (%rdi)");
SNIPPET(EXACT, "movbe %rax, (%rdi)");
SNIPPET(EXACT, "cmp %rax, %rcx; setb (%rdi)");
SNIPPET(EXACT, "cmp %rax, %rax; sete (%rdi); setne 1(%rdi)");

/* Read, change, write. */
SNIPPET(PARTLY, "add %rax, (%rdi)");
SNIPPET(PARTLY, "lock addl $1, (%rdi)");
SNIPPET(PARTLY, "adc %eax, (%rdi); sbb %al, 8(%rdi); sub %ax, 16(%rdi)");
SNIPPET(PARTLY, "and %rax, (%rdi); or %eax, 8(%rdi); xor %al, 16(%rdi)");
SNIPPET(PARTLY, "incb (%rdi); decl 8(%rdi); negq 16(%rdi); notw 24(%rdi)");
SNIPPET(PARTLY, "lock incq (%rdi); lock notl 8(%rdi); lock decb 16(%rdi)");
SNIPPET(PARTLY, "shll $3, (%rdi); shrq %cl, 8(%rdi); sarb $1, 16(%rdi)");
SNIPPET(PARTLY, "roll $3, (%rdi); rorq $5, 8(%rdi); rclb $1, 16(%rdi); rcrw $2, 24(%rdi)");
SNIPPET(PARTLY, "shld $3, %rax, (%rdi); shrd %cl, %eax, 8(%rdi)");
SNIPPET(EXACT, "xchg %rax, (%rdi)");
SNIPPET(EXACT, "xchg %al, (%rdi); xchg %cx, 8(%rdi)");
SNIPPET(PARTLY, "xadd %rax, (%rdi); lock xadd %cl, 8(%rdi)");
SNIPPET(RARELY, "cmpxchg %rcx, (%rdi)");
SNIPPET(EXACT, "mov (%rdi), %rax; lock cmpxchg %rcx, (%rdi)");
SNIPPET(EXACT, "mov (%rdi), %al; cmpxchg %cl, (%rdi)");
SNIPPET(RARELY, "lock cmpxchg8b (%rdi)");
SNIPPET(EXACT, "mov (%rdi), %eax; mov 4(%rdi), %edx; mov %esi, %ebx; not %ecx; cmpxchg8b (%rdi)");
SNIPPET(RARELY, "lock cmpxchg16b (%rdi)");
SNIPPET(PARTLY, "mov (%rdi), %rax; mov 8(%rdi), %rdx; lock cmpxchg16b (%rdi)");
SNIPPET(PARTLY, "btsl $3, (%rdi); btrq $60, 8(%rdi); btcw $15, 16(%rdi)");
SNIPPET(PARTLY, "mov $1234, %eax; btc %eax, (%rdi); btc %rax, (%rdi); btc %ax, (%rdi)");
SNIPPET(PARTLY, "mov $-1, %rax; btc %eax, (%rdi); btc %rax, (%rdi); btc %ax, (%rdi)");
SNIPPET(PARTLY, "mov $-1234, %rax; lock btc %eax, (%rdi); btc %rax, (%rdi); btc %ax, (%rdi)");
SNIPPET(PARTLY, "mov $-32, %rax; btc %eax, (%rdi); btc %rax, (%rdi); btc %ax, (%rdi)");
SNIPPET(PARTLY, "mov $0x7fff0041, %eax; btc %ax, (%rdi); bts %ax, 2(%rdi); btr %ax, 4(%rdi)");
SNIPPET(EXACT, "mov $777, %eax; bt %rax, (%rdi); bt %ax, (%rdi); btl $3, (%rdi)");

/* The stack. */
SNIPPET(EXACT, "push %rax; push $0x5a; push $0x5a5a5a5a; push (%rdi); push 24(%rsp)");
SNIPPET(PARTLY, "push %ax; pushw $0x5a5a; pushw (%rdi); pushfw");
SNIPPET(EXACT, "pushfq; popfq");
SNIPPET(PARTLY, "push %fs; push %gs");
SNIPPET(EXACT, "push %rsp; pop %rcx");
SNIPPET(EXACT, "pop (%rdi)");
SNIPPET(EXACT, "pop 16(%rsp)");
SNIPPET(EXACT, "pop (%rsp)");
SNIPPET(EXACT, "popw 16(%rsp)");
SNIPPET(EXACT, "mov %rsp, %rcx; pop 8(%rcx)");
SNIPPET(EXACT, "call 1f; 1: nop");
SNIPPET(EXACT, "lea 1f(%rip), %rax; call *%rax; 1: nop");
SNIPPET(EXACT, "lea 1f(%rip), %rax; mov %rax, (%rdi); call *(%rdi); 1: nop");
SNIPPET(EXACT, "lea 1f(%rip), %rax; mov %rax, 8(%rsp); call *8(%rsp); 1: nop");
SNIPPET(EXACT, "lea 1f(%rip), %rax; push %rax; ret; 1: nop");
SNIPPET(EXACT, "lea 1f(%rip), %rax; mov %rax, (%rdi); jmp *(%rdi); 1: nop");
SNIPPET(EXACT, "enter $32, $0; leave");
SNIPPET(PARTLY, "enter $32, $1");
SNIPPET(PARTLY, "enter $8, $3");

/* Strings. */
SNIPPET(EXACT, "stosb; stosw; stosl; stosq");
SNIPPET(EXACT, "std; stosb; stosw; stosl; stosq; cld");
SNIPPET(EXACT, "mov $5, %ecx; rep stosb");
SNIPPET(EXACT, "mov $5, %ecx; rep stosq");
SNIPPET(EXACT, "mov $3, %ecx; repne stosl");
SNIPPET(EXACT, "mov $3, %ecx; addr32 rep stosw");
SNIPPET(EXACT, "movsb; movsw; movsl; movsq");
SNIPPET(EXACT, "mov $5, %ecx; rep movsb");
SNIPPET(EXACT, "mov $4, %ecx; std; rep movsl; cld");
SNIPPET(EXACT, "mov $4, %ecx; rep movsq");
SNIPPET(EXACT, "mov $16, %esi; mov $3, %ecx; rep movsb %fs:(%rsi), (%rdi)");
SNIPPET(EXACT, "lodsb; lodsw; lodsl; lodsq; mov $16, %esi; lodsb %fs:(%rsi)");
SNIPPET(EXACT, "mov $3, %ecx; repne scasb; scasq");
SNIPPET(EXACT, "mov $3, %ecx; repe cmpsb; cmpsq; cmpsl");
SNIPPET(EXACT, "xlatb");

/* x87. */
SNIPPET(EXACT, "fninit; fildq (%rsi); fsts (%rdi)");
SNIPPET(EXACT, "fninit; fildq (%rsi); fstl (%rdi)");
SNIPPET(EXACT, "fninit; fildq (%rsi); fstps (%rdi)");
SNIPPET(EXACT, "fninit; fildq (%rsi); fstpl (%rdi)");
SNIPPET(EXACT, "fninit; fildq (%rsi); fstpt (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fists (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fistl (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fistps (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fistpl (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fistpll (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fisttps (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fisttpl (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fisttpll (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fbstp (%rdi)");
SNIPPET(EXACT, "fninit; fldl (%rsi); faddl 8(%rsi); fmuls (%rsi); fidivl (%rsi); fcomps (%rsi)");
SNIPPET(EXACT, "fninit; fnstcw (%rdi); fldcw (%rdi)");
SNIPPET(EXACT, "fninit; fnstsw (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fnstenv (%rdi); fldenv (%rdi)");
SNIPPET(EXACT, "fninit; fildl (%rsi); fnsave (%rdi); frstor (%rdi)");
SNIPPET(PARTLY, "fninit; fildl (%rsi); data16 fnsave (%rdi)");

/* The whole state. */
SNIPPET(PARTLY, "fninit; fxsave (%rdi); fxrstor (%rdi)");
SNIPPET(PARTLY, "fninit; fxsave64 (%rdi); fxrstor64 (%rdi)");
SNIPPET(PARTLY, "add $512, %rdi; xor %eax, %eax; mov $8, %ecx; rep stosq; sub $576, %rdi;"
		"mov $7, %eax; xor %edx, %edx; vmovdqu (%rsi), %ymm0; xsave (%rdi); xrstor (%rdi)");
SNIPPET(PARTLY,
	"add $512, %rdi; xor %eax, %eax; mov $8, %ecx; rep stosq; sub $576, %rdi;"
	"mov $7, %eax; xor %edx, %edx; vmovdqu (%rsi), %ymm0; xsavec (%rdi); xrstor (%rdi)");
SNIPPET(PARTLY, "mov $-1, %eax; mov $-1, %edx; vmovdqu (%rsi), %ymm15; xsavec64 (%rdi)");
SNIPPET(PARTLY, "mov $-1, %eax; mov $-1, %edx; vmovdqu (%rsi), %ymm15; xsave64 (%rdi)");
SNIPPET(PARTLY, "mov $-1, %eax; mov $-1, %edx; vmovdqu (%rsi), %ymm15; xsaveopt (%rdi)");
SNIPPET(PARTLY, "mov $-1, %eax; mov $-1, %edx; vmovdqu (%rsi), %ymm15; xsaveopt64 (%rdi)");
SNIPPET(EXACT, "stmxcsr (%rdi); ldmxcsr (%rdi)");
SNIPPET(EXACT, "vstmxcsr (%rdi); vldmxcsr (%rdi)");

/* MMX and SSE. */
SNIPPET(EXACT, "movq (%rsi), %mm0; movd %mm0, (%rdi); emms");
SNIPPET(EXACT, "movq (%rsi), %mm0; movq %mm0, (%rdi); emms");
SNIPPET(EXACT, "movq (%rsi), %mm0; movntq %mm0, (%rdi); emms");
SNIPPET(PARTLY, "movq (%rsi), %mm0; movq 8(%rsi), %mm1; maskmovq %mm1, %mm0; emms");
SNIPPET(PARTLY, "maskmovdqu %xmm1, %xmm0");
SNIPPET(PARTLY, "mov $16, %edi; fs maskmovdqu %xmm1, %xmm0");
SNIPPET(PARTLY, "addr32 maskmovdqu %xmm1, %xmm0");
SNIPPET(EXACT, "movd %xmm0, (%rdi)");
SNIPPET(EXACT, "movq %xmm0, (%rdi)");
SNIPPET(EXACT, "movaps %xmm0, (%rdi); movapd %xmm1, 16(%rdi)");
SNIPPET(EXACT, "movups %xmm0, 1(%rdi); movupd %xmm1, 17(%rdi)");
SNIPPET(EXACT, "movdqa %xmm0, (%rdi); movdqu %xmm1, 17(%rdi)");
SNIPPET(EXACT, "movntps %xmm0, (%rdi); movntpd %xmm1, 16(%rdi); movntdq %xmm0, 32(%rdi)");
SNIPPET(EXACT, "movntss %xmm0, (%rdi); movntsd %xmm1, 8(%rdi)");
SNIPPET(EXACT, "movlps %xmm0, (%rdi); movhps %xmm0, 8(%rdi)");
SNIPPET(EXACT, "movlpd %xmm0, (%rdi); movhpd %xmm0, 8(%rdi)");
SNIPPET(EXACT, "movss %xmm0, (%rdi); movsd %xmm1, 8(%rdi); movsd (%rdi), %xmm2");
SNIPPET(EXACT, "pextrb $3, %xmm0, (%rdi); pextrw $2, %xmm0, 8(%rdi)");
SNIPPET(EXACT, "pextrd $1, %xmm0, (%rdi); pextrq $1, %xmm0, 8(%rdi)");
SNIPPET(EXACT, "extractps $1, %xmm0, (%rdi)");
SNIPPET(EXACT, "cmpltsd (%rsi), %xmm0; comisd (%rsi), %xmm0; paddq (%rdi), %xmm1");

/* AVX. */
SNIPPET(EXACT, "vmovd %xmm0, (%rdi); vmovq %xmm1, 8(%rdi)");
SNIPPET(EXACT, "vmovaps %xmm0, (%rdi); vmovapd %xmm1, 16(%rdi); vmovdqa %xmm1, 32(%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vmovaps %ymm0, (%rdi); vmovapd %ymm0, 32(%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vmovups %ymm0, 1(%rdi); vmovupd %ymm0, 33(%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vmovdqa %ymm0, (%rdi); vmovdqu %ymm0, 33(%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vmovntps %ymm0, (%rdi); vmovntdq %ymm0, 32(%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vmovntpd %ymm0, (%rdi); vzeroupper");
SNIPPET(EXACT, "vmovlps %xmm0, (%rdi); vmovhps %xmm0, 8(%rdi)");
SNIPPET(EXACT, "vmovlpd %xmm0, (%rdi); vmovhpd %xmm0, 8(%rdi)");
SNIPPET(EXACT, "vmovss %xmm0, (%rdi); vmovsd %xmm1, 8(%rdi)");
SNIPPET(EXACT, "vpextrb $3, %xmm0, (%rdi); vpextrw $2, %xmm0, 8(%rdi)");
SNIPPET(EXACT, "vpextrd $1, %xmm0, (%rdi); vpextrq $1, %xmm0, 8(%rdi)");
SNIPPET(EXACT, "vextractps $1, %xmm0, (%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vextractf128 $1, %ymm0, (%rdi)");
SNIPPET(EXACT, "vmovdqu (%rsi), %ymm0; vextracti128 $1, %ymm0, (%rdi)");
SNIPPET(PARTLY,
	"vmovdqu (%rsi), %ymm0; vcvtps2ph $0, %ymm0, (%rdi); vcvtps2ph $0, %xmm0, 32(%rdi)");
SNIPPET(PARTLY, "vmovdqu (%rsi), %ymm0; vmovdqu 32(%rsi), %ymm1; vmaskmovps %ymm0, %ymm1, (%rdi)");
SNIPPET(PARTLY, "vmovdqu (%rsi), %ymm0; vmovdqu 32(%rsi), %ymm1; vmaskmovpd %ymm0, %ymm1, (%rdi)");
SNIPPET(PARTLY, "vmovdqu (%rsi), %ymm0; vmovdqu 32(%rsi), %ymm1; vpmaskmovd %ymm0, %ymm1, (%rdi)");
SNIPPET(PARTLY, "vmovdqu (%rsi), %ymm0; vmovdqu 32(%rsi), %ymm1; vpmaskmovq %ymm0, %ymm1, (%rdi)");
SNIPPET(PARTLY, "vmaskmovps %xmm0, %xmm1, (%rdi); vpmaskmovq %xmm0, %xmm1, 16(%rdi)");
SNIPPET(PARTLY, "vmaskmovdqu %xmm1, %xmm0");

/* They look as if they wrote memory, and do not. */
SNIPPET(EXACT, "lea 8(%rdi), %rax; nopl (%rdi); nopw %cs:0(%rax,%rax); endbr64; pause");
SNIPPET(EXACT, "prefetcht0 (%rdi); prefetchw (%rdi); clflush (%rdi); lfence; mfence; sfence");
SNIPPET(EXACT, "clflushopt (%rdi)");
SNIPPET(EXACT, "clwb (%rdi)");
SNIPPET(EXACT, "cmp %rax, (%rdi); cmpb $3, (%rdi); test %rax, (%rdi); imul (%rdi), %rax");
SNIPPET(EXACT, "mulq (%rdi); imull (%rdi)");
SNIPPET(PARTLY, "xor %edx, %edx; orl $1, (%rdi); divl (%rdi)");
SNIPPET(EXACT, "crc32q (%rdi), %rax; popcnt (%rdi), %rax; bsf (%rdi), %rcx");
SNIPPET(EXACT, "rdtsc; cpuid; xor %ecx, %ecx; xgetbv");
SNIPPET(EXACT, "rdtscp");
SNIPPET(EXACT, "rdrand %rax");
SNIPPET(EXACT, "rdseed %rax");
SNIPPET(EXACT, "rdpid %rax");
SNIPPET(EXACT, "rdpid %r9");
SNIPPET(EXACT, "mulx (%rdi), %rax, %rcx; andn (%rdi), %rcx, %rax; rorx $3, (%rdi), %rdx");

/* Unknown to capstone 4. */
SNIPPET(EXACT, "lea 37(%rdi), %rax; clzero");
SNIPPET(OPAQUE, "movdiri %rax, (%rdi)");
SNIPPET(OPAQUE, "movdir64b (%rsi), %rdi");
SNIPPET(PARTLY, "kxnorw %k1, %k1, %k1; kmovw %k1, (%rdi)");
SNIPPET(OPAQUE, "kmovq %k1, (%rdi)");
SNIPPET(EXACT, "vmovdqu64 (%rsi), %zmm16; vmovdqu64 %zmm16, (%rdi); vmovups %ymm16, 96(%rdi)");
SNIPPET(PARTLY, "vmovdqu64 (%rsi), %zmm16; kmovw %eax, %k1; vmovdqu32 %zmm16, (%rdi){%k1}");
SNIPPET(PARTLY, "vmovdqu64 (%rsi), %zmm16; kmovw %eax, %k1; vpcompressd %zmm16, (%rdi){%k1}");
SNIPPET(PARTLY, "vmovdqu64 (%rsi), %zmm16; vpmovqb %zmm16, (%rdi); vpmovdw %zmm16, 32(%rdi)");
SNIPPET(EXACT, "vmovdqu64 (%rsi), %zmm16; vptestnmb %zmm16, %zmm16, %k2; kortestq %k2, %k2");
