#include "loop_read_set.h"

#include <string.h>
#include <sys/ptrace.h>

#include "proc.h"

enum { PAGE = 4096 };

/* Where the kernel keeps the processor's number for the thread, since Linux 4.18. */
static void find_rseq(struct reads *reads, pid_t tid)
{
#if defined(PTRACE_GET_RSEQ_CONFIGURATION)
	struct __ptrace_rseq_configuration rseq;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): ptrace's own convention */
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, (void *)sizeof(rseq), &rseq) <= 0)
		return;
	reads->rseq.address = rseq.rseq_abi_pointer;
	reads->rseq.size = rseq.rseq_abi_pointer ? rseq.rseq_abi_size : 0;
#else
	(void)tid;
	(void)reads;
#endif
}

void reads_begin(struct reads *reads, pid_t tid, const struct arch_regs *regs)
{
	struct proc_mapping stack;
	memset(reads, 0, sizeof(*reads));
	find_rseq(reads, tid);
	reads->tp = arch_tp(regs);
	if (proc_mapping(tid, arch_sp(regs), &stack) == 0) {
		reads->stack_start = stack.start;
		reads->stack_end = stack.end;
	}
}

void reads_reset(struct reads *reads)
{
	reads->pages = 0;
	reads->watches = 0;
	reads->more_watches = false;
}

static bool add_page(struct reads *reads, uint64_t address)
{
	uint64_t page = address - address % PAGE;
	for (unsigned i = 0; i < reads->pages; i++) {
		if (reads->page[i] == page)
			return true;
	}
	if (reads->pages == READS_PAGES)
		return false;
	reads->page[reads->pages++] = page;
	return true;
}

/* The entry to use for a new place: a free one, or one of the stack's when all are taken. */
static struct loop_watch *room(struct reads *reads, bool on_stack)
{
	if (reads->watches < LOOP_WATCHES_MAX)
		return &reads->watch[reads->watches++];
	reads->more_watches = true;
	for (unsigned i = 0; !on_stack && i < reads->watches; i++) {
		if (reads->watch[i].on_stack)
			return &reads->watch[i];
	}
	return NULL;
}

static bool is_own(const struct reads *reads, uint64_t address)
{
	bool on_stack = address >= reads->stack_start && address < reads->stack_end;
	return on_stack || (address >= reads->tp - PAGE && address < reads->tp + PAGE);
}

static void watch(struct reads *reads, const struct arch_range *range, bool futex)
{
	for (unsigned i = 0; i < reads->watches; i++) {
		struct loop_watch *known = &reads->watch[i];
		if (known->address == range->address && known->size == range->size) {
			known->futex |= futex;
			return;
		}
	}
	bool on_stack = is_own(reads, range->address);
	struct loop_watch *entry = room(reads, on_stack);
	if (entry)
		*entry = (struct loop_watch){.address = range->address,
			.size = range->size,
			.on_stack = on_stack,
			.futex = futex};
}

static bool overlap(const struct arch_range *a, const struct arch_range *b)
{
	return a->address < b->address + b->size && b->address < a->address + a->size;
}

const char *reads_add(struct reads *reads, const struct arch_range *range, enum read_kind kind)
{
	if (kind != READ_TARGET)
		watch(reads, range, kind == READ_FUTEX);
	if (overlap(range, &reads->rseq))
		return "it reads which processor it runs on";
	if (!add_page(reads, range->address) || !add_page(reads, range->address + range->size - 1))
		return "it reads from too many places";
	return NULL;
}

const char *reads_add_code(struct reads *reads, uint64_t pc)
{
	return add_page(reads, pc) ? NULL : "it runs through too much code";
}

const char *reads_are_private(const struct reads *reads, pid_t tid)
{
	for (unsigned i = 0; i < reads->pages; i++) {
		struct proc_mapping mapping;
		if (proc_mapping(tid, reads->page[i], &mapping) != 0)
			return "it reads where no memory is mapped";
		if (mapping.shared)
			return "it reads memory that it shares with others";
		if (strncmp(mapping.module, "[v", 2) == 0)
			return "it reads the kernel's clock";
	}
	return NULL;
}
