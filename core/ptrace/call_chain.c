#include "call_chain.h"

#include "proc_mem.h"
#include "symbols.h"

#include <string.h>

enum { CALL_OPCODE = 0xe8, CALL_LENGTH = 5 }; /* x86: call rel32 */

/* The target of the direct call that returns to this address; 0: there is none. */
static uint64_t call_target(pid_t tid, uint64_t return_pc)
{
	unsigned char code[CALL_LENGTH];
	int32_t distance;
	if (proc_mem_read(tid, return_pc - CALL_LENGTH, code, sizeof(code)) !=
			(ssize_t)sizeof(code) ||
		code[0] != CALL_OPCODE)
		return 0;
	memcpy(&distance, code + 1, sizeof(distance));
	return return_pc + (uint64_t)(int64_t)distance;
}

static bool fill_frame(struct symbols *symbols, struct stack_frame *frame, uint64_t pc)
{
	uint64_t start;
	*frame = (struct stack_frame){.pc = pc};
	if (!symbols_module(symbols, pc - 1, frame->module, sizeof(frame->module), &start))
		return false;
	frame->module_offset = pc - start;
	if (symbols_sized_function(
		    symbols, pc - 1, frame->function, sizeof(frame->function), &start) != 0)
		return false;
	frame->offset = pc - start;
	return true;
}

/* The next return address at or above *offset in the snapshot of a call of `function`; 0: none. */
static uint64_t find_return(
	const struct snapshot *snapshot, pid_t tid, uint64_t function, size_t *offset)
{
	enum { SEARCHED_MAX = 16 * 1024 };
	uint64_t word, near = UINT64_C(1) << 31;
	size_t end = *offset + SEARCHED_MAX;
	for (; *offset < end && *offset + sizeof(word) <= snapshot->size; *offset += sizeof(word)) {
		memcpy(&word, snapshot->stack + *offset, sizeof(word));
		/* Within reach of a direct call: that spares a read for most words. */
		if (word - function + near >= 2 * near || call_target(tid, word) != function)
			continue;
		*offset += sizeof(word);
		return word;
	}
	return 0;
}

size_t call_chain_extend(
	struct symbols *symbols, const struct snapshot *snapshot, pid_t tid, struct stack *stack)
{
	size_t added = 0, offset = arch_sp(&snapshot->regs) - snapshot->low;
	uint64_t function, pc;
	/* Where the frames that were unwound end is not known: only the innermost one will do. */
	if (!snapshot->taken || stack->frames != 1)
		return 0;
	while (stack->frames < STACK_FRAMES_MAX) {
		const struct stack_frame *last = &stack->frame[stack->frames - 1];
		if (symbols_function(symbols, last->pc - (added > 0), &function) != 0)
			break;
		pc = find_return(snapshot, tid, function, &offset);
		if (!pc || !fill_frame(symbols, &stack->frame[stack->frames], pc))
			break;
		stack->frames++;
		added++;
	}
	return added;
}
