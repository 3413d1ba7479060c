#include "loop_read_set.h"

#include <string.h>
#include <sys/ptrace.h>

#include "proc.h"
#include "proc_mem.h"

/* The kernel keeps the number of the thread's processor there, since Linux 4.18. */
static void find_rseq(struct read_set *reads, pid_t tid)
{
#if defined(PTRACE_GET_RSEQ_CONFIGURATION)
	struct __ptrace_rseq_configuration rseq;
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, tid, (void *)sizeof(rseq), &rseq) <= 0)
		return;
	reads->rseq.address = rseq.rseq_abi_pointer;
	reads->rseq.size = rseq.rseq_abi_pointer ? rseq.rseq_abi_size : 0;
#else
	(void)tid;
	(void)reads;
#endif
}

void read_set_init(struct read_set *reads, pid_t tid, const struct arch_regs *regs)
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

void read_set_reset(struct read_set *reads)
{
	reads->pages = 0;
	reads->locations = 0;
	reads->more_locations = false;
}

static bool add_page(struct read_set *reads, uint64_t address)
{
	uint64_t page = address - address % VM_PAGE_SIZE;
	for (unsigned i = 0; i < reads->pages; i++)
		if (reads->page[i] == page)
			return true;
	if (reads->pages == READ_SET_PAGES)
		return false;
	reads->page[reads->pages++] = page;
	return true;
}

/* An entry for a new location: a free one, else one that holds a location on the stack. */
static struct loop_location *location_slot(struct read_set *reads, bool on_stack)
{
	if (reads->locations < LOOP_LOCATIONS_MAX)
		return &reads->location[reads->locations++];
	reads->more_locations = true;
	for (unsigned i = 0; !on_stack && i < reads->locations; i++)
		if (reads->location[i].on_stack)
			return &reads->location[i];
	return NULL;
}

static bool is_thread_local(const struct read_set *reads, uint64_t address)
{
	bool on_stack = address >= reads->stack_start && address < reads->stack_end;
	return on_stack ||
	       (address >= reads->tp - VM_PAGE_SIZE && address < reads->tp + VM_PAGE_SIZE);
}

static void add_location(
	struct read_set *reads, const struct arch_range *range, enum read_kind kind)
{
	for (unsigned i = 0; i < reads->locations; i++) {
		struct loop_location *known = &reads->location[i];
		if (known->address == range->address && known->size == range->size) {
			known->futex |= kind == READ_FUTEX;
			known->atomic |= kind == READ_ATOMIC;
			return;
		}
	}
	bool on_stack = is_thread_local(reads, range->address);
	struct loop_location *entry = location_slot(reads, on_stack);
	if (entry)
		*entry = (struct loop_location){.address = range->address,
			.size = range->size,
			.on_stack = on_stack,
			.futex = kind == READ_FUTEX,
			.atomic = kind == READ_ATOMIC};
}

static bool overlap(const struct arch_range *a, const struct arch_range *b)
{
	return a->address < b->address + b->size && b->address < a->address + a->size;
}

enum loop_obstacle read_set_add(
	struct read_set *reads, const struct arch_range *range, enum read_kind kind)
{
	if (kind != READ_TARGET)
		add_location(reads, range, kind);
	if (overlap(range, &reads->rseq))
		return LOOP_READS_CPU_NUMBER;
	if (!add_page(reads, range->address) || !add_page(reads, range->address + range->size - 1))
		return LOOP_READS_TOO_MUCH;
	return LOOP_NO_OBSTACLE;
}

enum loop_obstacle read_set_add_code(struct read_set *reads, uint64_t pc)
{
	return add_page(reads, pc) ? LOOP_NO_OBSTACLE : LOOP_CODE_TOO_LONG;
}

enum loop_obstacle read_set_is_private(const struct read_set *reads, pid_t tid)
{
	for (unsigned i = 0; i < reads->pages; i++) {
		struct proc_mapping mapping;
		if (proc_mapping(tid, reads->page[i], &mapping) != 0)
			return LOOP_READS_UNMAPPED;
		if (mapping.shared)
			return LOOP_READS_SHARED;
		if (strncmp(mapping.module, "[v", 2) == 0)
			return LOOP_READS_KERNEL;
	}
	return LOOP_NO_OBSTACLE;
}
