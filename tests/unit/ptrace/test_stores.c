/*
 * Compares the predicted stores and loads with the real ones: steps real instructions in a process
 * and compares its memory before and after each. Every byte that changes must have been predicted.
 * A predicted byte that never changes is an error too. And an instruction must do the same again
 * after all memory that it is not predicted to read was overwritten with noise.
 */
#include "step_tracee.h"

#if defined(__x86_64__)

#include "proc_mem.h"
#include "step_snippets.h"

#include <elf.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum {
	ARENA_SIZE = 32 * 1024,
	AT_DATA = 8 * 1024, /* rdi; the others lie between */
	AT_STACK = 24 * 1024,
	ROUNDS = 8,
	INSNS_MAX = 16, /* in one snippet */
	STEPS_MAX = 200 /* of one snippet */
};

extern struct snippet __start_snippets[], __stop_snippets[];

/* ---- Snippets ---- */

/* What one instruction was predicted to write, and which of those bytes ever changed. */
struct store_coverage {
	uint64_t pc;
	uint32_t size;
	bool changed[ARENA_SIZE];
};

static unsigned char *arena;
static struct arch_decoder *decoder;
static struct tracee tracee;
static const struct snippet *current;
static struct store_coverage store_coverage[INSNS_MAX];
static unsigned covered;
static unsigned passed_over, steps_made;

static uint64_t random_word(void)
{
	static uint64_t state = 88172645463325252u;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void fill_with_noise(void)
{
	for (size_t i = 0; i < ARENA_SIZE; i += sizeof(uint64_t)) {
		uint64_t word = random_word();
		memcpy(arena + i, &word, sizeof(word));
	}
}

static void sleep_forever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
}

static void set_up_registers(struct arch_regs *regs)
{
	uint64_t base = (uint64_t)(uintptr_t)arena;
	struct user_regs_struct *u = &regs->user;
	u->orig_rax = UINT64_MAX; /* it sleeps in pause(), which must not be restarted */
	u->rip = current->begin;
	u->rdi = base + AT_DATA;
	u->rsi = base + 13 * 1024;
	u->rbx = base + 16 * 1024;
	u->rbp = base + 20 * 1024;
	u->rsp = base + AT_STACK;
	u->fs_base = base + 28 * 1024;
	u->gs_base = base + 30 * 1024;
	u->rax = random_word();
	u->rcx = random_word() & 31;
	u->rdx = random_word();
	u->eflags &= ~UINT64_C(0x400); /* forwards */
}

static struct store_coverage *coverage_of(uint64_t pc)
{
	for (unsigned i = 0; i < covered; i++) {
		if (store_coverage[i].pc == pc)
			return &store_coverage[i];
	}
	assert_in_range(covered, 0, INSNS_MAX - 1);
	memset(&store_coverage[covered], 0, sizeof(store_coverage[covered]));
	store_coverage[covered].pc = pc;
	return &store_coverage[covered++];
}

static bool in_range(const struct arch_range *range, uint64_t address)
{
	return address - range->address < range->size;
}

static void check_stores(const struct arch_insn *insn, const struct arch_range *store,
	unsigned stores, const unsigned char *before)
{
	uint64_t base = (uint64_t)(uintptr_t)arena;
	struct store_coverage *cover = coverage_of(insn->pc);
	if (stores)
		cover->size = store->size;
	for (unsigned i = 0; i < ARENA_SIZE; i++) {
		if (before[i] == arena[i])
			continue;
		if (stores && in_range(store, base + i))
			cover->changed[base + i - store->address] = true;
		else if (insn->stores_known)
			fail_msg("\"%s\" at +%#" PRIx64 " wrote rdi%+ld, not predicted",
				current->text, insn->pc - current->begin, (long)i - AT_DATA);
	}
}

static enum step_event step_over(void)
{
	enum step_event event;
	assert_int_equal(step_once(&tracee, 0, &event), 0);
	steps_made++;
	return event;
}

static void set_extended(const struct arch_extended *extended)
{
	struct arch_extended copy = *extended;
	struct iovec vector = {copy.bytes, copy.size};
	assert_int_equal(ptrace(PTRACE_SETREGSET, tracee.tid, NT_X86_XSTATE, &vector), 0);
}

/* Executes it again from `regs`, with noise wherever it is not predicted to read. */
static void check_loads(const struct arch_insn *insn, const struct arch_regs *regs,
	const struct arch_extended *extended, const unsigned char *before)
{
	static unsigned char after[ARENA_SIZE];
	static struct arch_extended extended_after, extended_again;
	struct arch_regs regs_after, regs_again;
	memcpy(after, arena, ARENA_SIZE);
	assert_int_equal(arch_get_regs(tracee.tid, &regs_after), 0);
	assert_int_equal(arch_get_extended(tracee.tid, &extended_after), 0);

	struct arch_range load[ARCH_LOADS_MAX];
	unsigned loads = arch_loads(insn, regs, load);
	uint64_t base = (uint64_t)(uintptr_t)arena;
	fill_with_noise();
	for (unsigned i = 0; i < loads; i++) {
		for (unsigned j = 0; j < load[i].size; j++) {
			uint64_t at = load[i].address + j - base;
			if (at < ARENA_SIZE)
				arena[at] = before[at];
		}
	}
	assert_int_equal(arch_set_regs(tracee.tid, regs), 0);
	set_extended(extended);
	enum step_event event = step_over();
	assert_int_equal(arch_get_regs(tracee.tid, &regs_again), 0);
	assert_int_equal(arch_get_extended(tracee.tid, &extended_again), 0);
	if (event != STEP_DONE || !arch_regs_equal(&regs_after, &regs_again) ||
		!arch_extended_equal(&extended_after, &extended_again))
		fail_msg("\"%s\" at +%#" PRIx64 " reads more than predicted", current->text,
			insn->pc - current->begin);
	memcpy(arena, after, ARENA_SIZE);
	assert_int_equal(arch_set_regs(tracee.tid, &regs_after), 0);
	set_extended(&extended_after);
}

/* Checks one step. False at the end, or if this machine lacks the instruction. */
static bool check_step(void)
{
	static unsigned char before[ARENA_SIZE];
	static struct arch_extended extended;
	struct arch_regs regs;
	const struct arch_insn *insn;
	struct arch_range store[ARCH_STORES_MAX];
	assert_int_equal(arch_get_regs(tracee.tid, &regs), 0);
	if (arch_pc(&regs) == current->end)
		return false;
	assert_int_equal(arch_get_extended(tracee.tid, &extended), 0);
	assert_int_equal(arch_decode(decoder, tracee.tid, arch_pc(&regs), &insn), 0);
	unsigned stores = arch_stores(insn, &regs, store);
	memcpy(before, arena, ARENA_SIZE);
	enum step_event event = step_over();
	if (event == STEP_SIGNAL) {
		if (tracee.detail != SIGILL)
			fail_msg("\"%s\": signal %d", current->text, tracee.detail);
		step_drop_signal(&tracee);
		passed_over++;
		return false;
	}
	assert_int_equal(event, STEP_DONE);
	if (insn->stores_known == ((current->flags & OPAQUE) != 0))
		fail_msg("\"%s\" at +%#" PRIx64 ": stores_known is wrong", current->text,
			insn->pc - current->begin);
	assert_int_equal(arch_clear_trap_flag(tracee.tid, insn, &regs), 0);
	check_stores(insn, store, stores, before);
	if (insn->loads_known && !insn->nondeterministic)
		check_loads(insn, &regs, &extended, before);
	return true;
}

static void check_coverage(void)
{
	for (unsigned i = 0; i < covered; i++) {
		unsigned changed = 0;
		for (uint32_t j = 0; j < store_coverage[i].size; j++)
			changed += store_coverage[i].changed[j];
		uint32_t wanted = current->flags & RARELY   ? 0
				  : current->flags & PARTLY ? 1
							    : store_coverage[i].size;
		if (store_coverage[i].size && changed < wanted)
			fail_msg("\"%s\" at +%#" PRIx64 ": %u bytes predicted, %u ever written",
				current->text, store_coverage[i].pc - current->begin,
				store_coverage[i].size, changed);
	}
}

static void check_snippet(const struct arch_regs *sleeping, const struct arch_extended *extended)
{
	covered = 0;
	unsigned skipped = passed_over;
	for (unsigned round = 0; round < ROUNDS && passed_over == skipped; round++) {
		struct arch_regs regs = *sleeping;
		fill_with_noise();
		set_up_registers(&regs);
		assert_int_equal(arch_set_regs(tracee.tid, &regs), 0);
		set_extended(extended);
		unsigned steps = 0;
		while (check_step())
			assert_in_range(++steps, 1, STEPS_MAX);
	}
	if (passed_over == skipped)
		check_coverage();
	else
		print_message("not on this machine: %s\n", current->text);
}

/* Fills the vector registers too. */
static void random_vectors(struct arch_extended *extended)
{
	enum { XMM = 160, XMM_SIZE = 256, XSTATE_BV = 512, SSE = 2 };
	for (unsigned i = 0; i < XMM_SIZE; i++)
		extended->bytes[XMM + i] = (unsigned char)random_word();
	extended->bytes[XSTATE_BV] |= SSE;
}

static void test_snippets(void **state)
{
	(void)state;
	tracee_need_stepping();
	arena = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(arena, MAP_FAILED);
	assert_int_equal(arch_decoder_new(&decoder), 0);
	pid_t pid = tracee_start(sleep_forever, NULL);
	tracee_signals->go = 1;
	tracee_attach(&tracee, pid);
	static struct arch_extended extended;
	struct arch_regs sleeping;
	assert_int_equal(arch_get_regs(pid, &sleeping), 0);
	assert_int_equal(arch_get_extended(pid, &extended), 0);
	random_vectors(&extended);
	for (current = __start_snippets; current < __stop_snippets; current++)
		check_snippet(&sleeping, &extended);
	print_message("%zu snippets, %u of them not on this machine, %u steps\n",
		(size_t)(__stop_snippets - __start_snippets), passed_over, steps_made);
	tracee_end(pid);
	step_detach(&tracee);
	arch_decoder_free(decoder);
	munmap(arena, ARENA_SIZE);
}

/* ---- Real code ---- */

enum {
	REGIONS_MAX = 256,
	REGION_LIMIT = 4 * 1024 * 1024, /* excludes the terabytes of sanitizers */
	WINDOW = 16,                    /* steps from one comparison of all memory to the next */
	BLOCK = 4200 /* enough for memcpy and memset to use string instructions */
};

/* The expected contents of a memory region if every store was predicted. */
struct region {
	uint64_t start;
	size_t size;
	unsigned char *expected;
};

static struct region region[REGIONS_MAX];
static unsigned regions;
static uint64_t trail[WINDOW]; /* the last program counters */

static void forget_memory(void)
{
	while (regions)
		free(region[--regions].expected);
}

static void remember_region(uint64_t start, uint64_t end)
{
	assert_in_range(regions, 0, REGIONS_MAX - 1);
	struct region *r = &region[regions++];
	*r = (struct region){start, end - start, malloc(end - start)};
	assert_non_null(r->expected);
	ssize_t got = proc_mem_read(tracee.tid, start, r->expected, r->size);
	r->size = got > 0 ? (size_t)got : 0;
}

/* All private writable memory of the process. */
static void remember_memory(void)
{
	char path[32], line[512];
	forget_memory();
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tracee.tid);
	FILE *maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		uint64_t start, end;
		char write, share;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%c%*c%c", &start, &end, &write,
			    &share) == 4 &&
			write == 'w' && share == 'p' && end - start <= REGION_LIMIT)
			remember_region(start, end);
	}
	fclose(maps);
}

static void expect_store(const struct arch_range *store)
{
	for (unsigned i = 0; i < regions; i++) {
		struct region *r = &region[i];
		uint64_t from = store->address > r->start ? store->address : r->start;
		uint64_t end = store->address + store->size;
		if (end > r->start + r->size)
			end = r->start + r->size;
		if (from < end)
			proc_mem_read(
				tracee.tid, from, r->expected + (from - r->start), end - from);
	}
}

static void compare_memory(void)
{
	static unsigned char now[REGION_LIMIT];
	for (unsigned i = 0; i < regions; i++) {
		struct region *r = &region[i];
		if (r->size == 0)
			continue;
		assert_int_equal(proc_mem_read(tracee.tid, r->start, now, r->size), r->size);
		if (memcmp(now, r->expected, r->size) == 0)
			continue;
		size_t at = 0;
		while (now[at] == r->expected[at])
			at++;
		for (unsigned j = 0; j < WINDOW; j++)
			print_message("pc %#" PRIx64 "\n", trail[j]);
		fail_msg("a byte at %#" PRIx64 " was written, and not predicted", r->start + at);
	}
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static unsigned char block[2][BLOCK + 64];
static char words[256];
static int numbers[40];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void copy_and_fill(void)
{
	memset(block[0], 7, BLOCK);
	memcpy(block[1], block[0], BLOCK);
	memmove(block[0] + 1, block[0], BLOCK / 2);
	memmove(block[0], block[0] + 3, BLOCK / 2);
	for (volatile size_t size = 0; size < 300; size += size < 40 ? 1 : 37) {
		memset(block[0] + 5, (int)size, size);
		memcpy(block[1] + 3, block[0] + 1, size);
		memmove(block[1] + 4, block[1], size);
	}
}

static void text_and_numbers(void)
{
	char *volatile text = words;
	strcat(strcpy(text, "3.14159"), "265358979e-7"); /* NOLINT: they are to be stepped */
	volatile double value = strtod(text, NULL);
	volatile long double wide = (long double)value;
	snprintf(words, sizeof(words), "%d %s %.17g %x %Lf %p", 42, "forty-two", value, 0xbeef,
		wide, (void *)words);
	for (int i = 0; i < 40; i++)
		numbers[i] = (i * 7919) % 101;
	qsort(numbers, 40, sizeof(int), compare_ints);
}

static void allocate(void)
{
	void *volatile p[8];
	p[0] = malloc(24);
	p[1] = calloc(3, 500);
	p[2] = malloc(2100);
	p[3] = malloc(300000);
	p[4] = strdup(words);
	p[5] = aligned_alloc(64, 640);
	p[6] = realloc(p[0], 500);
	p[7] = realloc(p[2], 4000);
	for (int i = 3; i < 8; i++)
		free(p[i]);
	free(p[1]);
}

static void real_calls(void *unused)
{
	(void)unused;
	copy_and_fill();
	text_and_numbers();
	allocate();
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

/* One step. False after a system call: memory must not be compared then. */
static bool follow(unsigned *unknown)
{
	struct arch_regs regs;
	const struct arch_insn *insn;
	struct arch_range store[ARCH_STORES_MAX];
	assert_int_equal(arch_get_regs(tracee.tid, &regs), 0);
	assert_int_equal(arch_decode(decoder, tracee.tid, arch_pc(&regs), &insn), 0);
	trail[steps_made % WINDOW] = insn->pc;
	bool surprising = insn->is_syscall || !insn->stores_known;
	*unknown += !insn->stores_known;
	unsigned stores = arch_stores(insn, &regs, store);
	if (surprising)
		compare_memory();
	assert_int_equal(step_over(), STEP_DONE);
	for (unsigned i = 0; i < stores; i++)
		expect_store(&store[i]);
	return !surprising;
}

static void test_real_code(void **state)
{
	(void)state;
	tracee_need_stepping();
	if (TRACEE_SANITIZED) {
		print_message("skipped: it would step through the sanitizer, for minutes\n");
		skip();
	}
	assert_int_equal(arch_decoder_new(&decoder), 0);
	tracee_without_rseq = true;
	pid_t pid = tracee_start(real_calls, NULL);
	tracee_attach(&tracee, pid);
	tracee_signals->go = 1;
	unsigned unknown = 0;
	steps_made = 0;
	remember_memory();
	while (!tracee_signals->done) {
		if (!follow(&unknown)) {
			remember_memory();
			arch_decoder_flush(decoder);
		} else if (steps_made % WINDOW == 0) {
			compare_memory();
		}
	}
	compare_memory();
	forget_memory();
	print_message("%u steps, %u of them not known\n", steps_made, unknown);
	tracee_end(pid);
	step_detach(&tracee);
	arch_decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snippets),
		cmocka_unit_test(test_real_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void test_unsupported(void **state)
{
	(void)state;
	const char *why = NULL;
	assert_false(arch_supported(&why));
	assert_non_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_unsupported)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
