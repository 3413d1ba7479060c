/* Branch targets. */
#if defined(__x86_64__)

#include <errno.h>

#include "proc_mem.h"
#include "x86_64.h"

/* Numbered as the processor does: each even condition is followed by its negation. */
static bool condition_is_true(uint8_t condition, uint64_t flags)
{
	bool carry = flags & 0x1, parity = flags & 0x4, zero = flags & 0x40, sign = flags & 0x80,
	     overflow = flags & 0x800;
	const bool table[] = {
		overflow,
		carry,
		zero,
		carry || zero,
		sign,
		parity,
		sign != overflow,
		zero || sign != overflow,
	};
	return table[condition >> 1] != (condition & 1);
}

static int conditional_target(const struct arch_insn *insn, uint64_t flags, uint64_t *target)
{
	if (insn->condition == X86_CONDITION_NONE)
		return -ENOTSUP;
	*target =
		condition_is_true(insn->condition, flags) ? insn->target : insn->pc + insn->length;
	return 0;
}

int arch_branch_target(
	const struct arch_insn *insn, pid_t tid, const struct arch_regs *before, uint64_t *target)
{
	struct arch_range load[ARCH_LOADS_MAX];
	if (!insn->is_branch || !insn->loads_known || !insn->stores_known)
		return -ENOTSUP;
	if (insn->is_conditional)
		return conditional_target(insn, before->user.eflags, target);
	if ((*target = insn->target))
		return 0;
	if (insn->target_register) {
		*target = x86_register_value(&before->user, insn->target_register);
		return 0;
	}
	/* Only a near return: other threads may change other memory; far returns read more. */
	if (arch_loads(insn, before, load) != 1 || load[0].address != before->user.rsp ||
		load[0].size != sizeof(*target))
		return -ENOTSUP;
	ssize_t got = proc_mem_read(tid, load[0].address, target, sizeof(*target));
	return got == sizeof(*target) ? 0 : -EFAULT;
}

#endif
