#include "describe.h"

#include "deadlock.h"

#include <inttypes.h>
#include <stdio.h>

void names_object(char *text, size_t size, const struct object *object)
{
	uint64_t offset = object->address - object->start;
	if (object->kind != OBJECT_VARIABLE)
		snprintf(text, size, "0x%" PRIx64, object->address);
	else if (!object->name[0])
		snprintf(text, size, "%s+0x%" PRIx64, object->module, object->module_offset);
	else if (offset)
		snprintf(text, size, "%s+0x%" PRIx64, object->name, offset);
	else
		snprintf(text, size, "%s", object->name);
}

static void name_memory(char *text, size_t size, const char *what, const struct object *object)
{
	snprintf(text, size, "%s, 0x%" PRIx64 " bytes into 0x%" PRIx64 "-0x%" PRIx64, what,
		object->address - object->start, object->start, object->end);
}

void names_place(char *text, size_t size, const struct object *object)
{
	char name[OBJECT_NAME_MAX + 64];
	names_object(name, sizeof name, object);
	switch (object->kind) {
	case OBJECT_VARIABLE:
		if (object->name[0])
			snprintf(text, size, "the variable %s (%s+0x%" PRIx64 ")", name,
				object->module, object->module_offset);
		else
			snprintf(text, size, "in the data of %s, at +0x%" PRIx64, object->module,
				object->module_offset);
		break;
	case OBJECT_HEAP:
		name_memory(text, size, "in the heap that brk() made", object);
		break;
	case OBJECT_MAPPED:
		name_memory(text, size, "in anonymous memory", object);
		break;
	case OBJECT_STACK:
		snprintf(text, size, "on the stack of thread %d", (int)object->tid);
		break;
	case OBJECT_TLS:
		snprintf(text, size, "in the thread-local storage of thread %d", (int)object->tid);
		break;
	case OBJECT_SHARED:
		name_memory(text, size, "in memory shared with other processes", object);
		break;
	case OBJECT_UNKNOWN:
		snprintf(text, size, "in no mapping");
		break;
	}
}

void names_frame(char *text, size_t size, const struct stack_frame *frame)
{
	if (frame->trampoline)
		snprintf(text, size, "the kernel's call of a signal handler (%s+0x%" PRIx64 ")",
			frame->module, frame->module_offset);
	else if (frame->function[0] && frame->inlined)
		snprintf(text, size, "%s (%s, inlined)", frame->function, frame->module);
	else if (frame->function[0])
		snprintf(text, size, "%s+0x%" PRIx64 " (%s)", frame->function, frame->offset,
			frame->module);
	else if (frame->module[0])
		snprintf(text, size, "%s+0x%" PRIx64, frame->module, frame->module_offset);
	else
		snprintf(text, size, "0x%" PRIx64, frame->pc);
}

void names_doing(char *text, size_t size, const struct proc_task *task)
{
	struct wait wait = hang_wait(task);
	switch (wait.kind) {
	case WAIT_FUTEX:
	case WAIT_FUTEX_TIMED:
		snprintf(text, size,
			"asleep in futex(2), %s timeout, as long as the word at 0x%" PRIx64
			" is %" PRIu32,
			wait.kind == WAIT_FUTEX ? "without a" : "with a", wait.futex,
			wait.expected);
		break;
	case WAIT_SLEEP:
		snprintf(text, size, "asleep for some time (nanosleep), again and again");
		break;
	case WAIT_YIELD:
		snprintf(text, size, "in a loop that yields the processor (sched_yield)");
		break;
	case WAIT_NONE:
		snprintf(text, size, "running in a loop, without a system call");
		break;
	case WAIT_OTHER_SYSCALL:
		snprintf(text, size, "in system call %ld", task->syscall);
		break;
	default:
		snprintf(text, size, "state %c", task->state);
		break;
	}
}
