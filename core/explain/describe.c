#include "describe.h"

#include "deadlock.h"

#include <inttypes.h>
#include <stdio.h>

void describe_object(char *text, size_t size, const struct address_info *object)
{
	uint64_t offset = object->address - object->start;
	if (object->kind != ADDRESS_VARIABLE)
		snprintf(text, size, "0x%" PRIx64, object->address);
	else if (!object->name[0])
		snprintf(text, size, "%s+0x%" PRIx64, object->module, object->module_offset);
	else if (offset)
		snprintf(text, size, "%s+0x%" PRIx64, object->name, offset);
	else
		snprintf(text, size, "%s", object->name);
}

static void describe_memory(
	char *text, size_t size, const char *what, const struct address_info *object)
{
	snprintf(text, size, "%s, 0x%" PRIx64 " bytes into 0x%" PRIx64 "-0x%" PRIx64, what,
		object->address - object->start, object->start, object->end);
}

void describe_location(char *text, size_t size, const struct address_info *object)
{
	char name[OBJECT_NAME_MAX + 64];
	describe_object(name, sizeof(name), object);
	switch (object->kind) {
	case ADDRESS_VARIABLE:
		if (object->name[0])
			snprintf(text, size, "the variable %s (%s+0x%" PRIx64 ")", name,
				object->module, object->module_offset);
		else
			snprintf(text, size, "in the data of %s, at +0x%" PRIx64, object->module,
				object->module_offset);
		break;
	case ADDRESS_HEAP:
		describe_memory(text, size, "in the heap that brk() made", object);
		break;
	case ADDRESS_MAPPED:
		describe_memory(text, size, "in anonymous memory", object);
		break;
	case ADDRESS_STACK:
		snprintf(text, size, "on the stack of thread %d", (int)object->tid);
		break;
	case ADDRESS_TLS:
		snprintf(text, size, "in the thread-local storage of thread %d", (int)object->tid);
		break;
	case ADDRESS_SHARED:
		describe_memory(text, size, "in memory shared with other processes", object);
		break;
	case ADDRESS_UNKNOWN:
		snprintf(text, size, "in no mapping");
		break;
	}
}

void describe_frame(char *text, size_t size, const struct stack_frame *frame)
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

void describe_thread_state(char *text, size_t size, const struct proc_task *task)
{
	struct task_wait wait = task_wait(task);
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
