#include "lookahead.h"

static bool must_single_step(const struct arch_insn *insn)
{
	return !insn->stores_known || !insn->stores_on_stack || !insn->length || insn->is_syscall ||
	       insn->is_repeated || insn->pushes_flags;
}

/* False: unpredictable. `regs` are those of the first instruction: useless for later branches. */
static bool predict_next(
	const struct arch_insn *insn, pid_t tid, const struct arch_regs *regs, uint64_t *next)
{
	*next = insn->pc + insn->length;
	if (!insn->is_branch)
		return true;
	if (insn->pc == arch_pc(regs))
		return arch_branch_target(insn, tid, regs, next) == 0;
	*next = insn->target;
	return insn->target && !insn->is_conditional;
}

static bool contains(const uint64_t *visited, unsigned count, uint64_t pc)
{
	while (count > 0)
		if (visited[--count] == pc)
			return true;
	return false;
}

unsigned lookahead(struct arch_decoder *decoder, pid_t tid, const struct arch_regs *regs,
	uint64_t visited[LOOKAHEAD_MAX], uint64_t *stop)
{
	uint64_t next;
	const struct arch_insn *insn;
	unsigned count = 0;
	*stop = arch_pc(regs);
	while (count < LOOKAHEAD_MAX) {
		if (arch_decode(decoder, tid, *stop, &insn) != 0 || must_single_step(insn) ||
			!predict_next(insn, tid, regs, &next))
			break;
		visited[count] = *stop;
		/* A loop: step_to() would stop at the first pass. */
		if (contains(visited, count + 1, next))
			break;
		*stop = next;
		count++;
	}
	return count;
}
