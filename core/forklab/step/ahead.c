#include "ahead.h"

enum { AHEAD_MAX = 64 };

static bool passes(const struct arch_insn *insn)
{
	bool sure_of_its_way = !insn->is_branch || (insn->target && !insn->is_conditional);
	return sure_of_its_way && insn->stores_known && insn->stores_on_stack && insn->length &&
	       !insn->is_syscall && !insn->is_repeated && !insn->pushes_flags;
}

static bool among(const uint64_t *visited, unsigned count, uint64_t pc)
{
	while (count > 0) {
		if (visited[--count] == pc)
			return true;
	}
	return false;
}

unsigned ahead(struct arch_decoder *decoder, pid_t tid, uint64_t pc, unsigned max, uint64_t *stop)
{
	uint64_t visited[AHEAD_MAX];
	const struct arch_insn *insn;
	unsigned count = 0;
	while (count < max && count < AHEAD_MAX) {
		if (arch_decode(decoder, tid, pc, &insn) != 0 || !passes(insn))
			break;
		visited[count] = pc;
		uint64_t next = insn->target ? insn->target : pc + insn->length;
		/* The thread would be stopped there the first time. */
		if (among(visited, count + 1, next))
			break;
		pc = next;
		count++;
	}
	*stop = pc;
	return count;
}
