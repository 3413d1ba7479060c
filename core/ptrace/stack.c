#include "stack.h"

#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The snapshot that libdwfl's callbacks use: one attachment serves all snapshots in turn. */
static const struct snapshot *current;

static pid_t next_thread(Dwfl *dwfl, void *argument, void **thread)
{
	(void)dwfl;
	(void)argument;
	if (*thread)
		return 0;
	*thread = (void *)current;
	return current->tid;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *argument, void **thread)
{
	(void)dwfl;
	(void)argument;
	*thread = (void *)current;
	return tid == current->tid;
}

/* Unwinding reads nothing but the stack. */
static bool memory_read(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *argument)
{
	(void)dwfl;
	(void)argument;
	if (address < current->low || current->size < sizeof(*result) ||
		address - current->low > current->size - sizeof(*result))
		return false;
	memcpy(result, current->stack + (address - current->low), sizeof(*result));
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *argument)
{
	uint64_t value[ARCH_DWARF_MAX];
	unsigned count = arch_dwarf_regs(&current->regs, value);
	(void)argument;
	return dwfl_thread_state_registers(thread, 0, count, value);
}

static const Dwfl_Thread_Callbacks callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_registers,
};

/* ---- Frames ---- */

struct unwind_state {
	struct symbols *symbols;
	struct stack *stack;
	bool first_done;
	bool after_trampoline; /* the previous frame was one */
};

static struct stack_frame *add_frame(struct stack *stack, uint64_t pc)
{
	if (stack->frames == STACK_FRAMES_MAX) {
		stack->truncated = true;
		return NULL;
	}
	struct stack_frame *frame = &stack->frame[stack->frames++];
	*frame = (struct stack_frame){.pc = pc};
	return frame;
}

static void name_frame(struct unwind_state *u, struct stack_frame *frame, uint64_t within)
{
	uint64_t start;
	if (symbols_module(u->symbols, within, frame->module, sizeof(frame->module), &start))
		frame->module_offset = frame->pc - start;
	if (symbols_sized_function(
		    u->symbols, within, frame->function, sizeof(frame->function), &start) == 0)
		frame->offset = frame->pc - start;
}

/*
 * Adds one frame for each function inlined at `within`, the innermost first, and one for the
 * function that the symbol names.
 */
static void add_frames(struct unwind_state *u, uint64_t pc, uint64_t within)
{
	struct source_function function[SOURCE_INLINED_MAX];
	char module[STACK_NAME_MAX];
	uint64_t start;
	struct Dwfl_Module *file =
		symbols_module(u->symbols, within, module, sizeof(module), &start);
	unsigned count = file ? source_functions(file, within, function) : 0;
	for (unsigned i = 0; i == 0 || i < count; i++) {
		struct stack_frame *frame = add_frame(u->stack, pc);
		if (!frame)
			return;
		name_frame(u, frame, within);
		frame->inlined = i + 1 < count;
		frame->interrupted = u->after_trampoline && i == 0;
		if (i < count) {
			snprintf(frame->source, sizeof(frame->source), "%s", function[i].source);
			frame->line = function[i].line;
		}
		if (frame->inlined) {
			frame->offset = 0;
			snprintf(frame->function, sizeof(frame->function), "%s", function[i].name);
		}
	}
}

static int on_frame(Dwfl_Frame *state, void *argument)
{
	struct unwind_state *u = argument;
	Dwarf_Addr pc;
	bool active;
	if (!dwfl_frame_pc(state, &pc, &active) || pc == 0)
		return DWARF_CB_ABORT;
	/* Beyond the first frame, libdwfl marks two as active around a signal: the trampoline and
	 * the interrupted function. */
	bool trampoline = active && u->first_done && !u->after_trampoline;
	/* A call may be the last instruction of a function; its return address is in the next. */
	add_frames(u, pc, active ? pc : pc - 1);
	if (trampoline && u->stack->frames > 0)
		u->stack->frame[u->stack->frames - 1].trampoline = true;
	u->after_trampoline = trampoline;
	u->first_done = true;
	return u->stack->truncated ? DWARF_CB_ABORT : DWARF_CB_OK;
}

/* Once for all snapshots of the process. */
static bool attach(Dwfl *dwfl)
{
	return dwfl_pid(dwfl) > 0 || dwfl_attach_state(dwfl, NULL, current->tid, &callbacks, NULL);
}

int stack_unwind(struct symbols *symbols, const struct snapshot *snapshot, struct stack *stack)
{
	struct unwind_state unwind_state = {.symbols = symbols, .stack = stack};
	*stack = (struct stack){0};
	if (!snapshot->taken)
		return -ENOENT;
	current = snapshot;
	struct Dwfl *dwfl = symbols_dwfl(symbols);
	int result = attach(dwfl)
			     ? dwfl_getthread_frames(dwfl, snapshot->tid, on_frame, &unwind_state)
			     : -1;
	if (stack->frames == 0)
		add_frames(&unwind_state, arch_pc(&snapshot->regs), arch_pc(&snapshot->regs));
	/* libdwfl reports no error when it reaches the end of the stack. */
	stack->truncated |= result != 0;
	return result ? -ENOTSUP : 0;
}
