#include "describe.h"

#include "deadlock.h"
#include "finding_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void describe_location(char *text, size_t size, const struct address_info *object)
{
	static const char *const places[] = {
		[ADDRESS_HEAP] = "in the heap that brk() made",
		[ADDRESS_MAPPED] = "in anonymous memory",
		[ADDRESS_STACK] = "on the stack of thread",
		[ADDRESS_TLS] = "in the thread-local storage of thread",
		[ADDRESS_SHARED] = "in memory shared with other processes",
		[ADDRESS_UNKNOWN] = "in no mapping",
	};
	const char *place = places[object->kind];
	char name[OBJECT_NAME_MAX + 64];
	explanation_object_name(name, sizeof(name), object);
	if (object->kind == ADDRESS_VARIABLE && object->name[0])
		snprintf(text, size, "the variable %s (%s+0x%" PRIx64 ")", name, object->module,
			object->module_offset);
	else if (object->kind == ADDRESS_VARIABLE)
		snprintf(text, size, "in the data of %s, at +0x%" PRIx64, object->module,
			object->module_offset);
	else if (object->kind == ADDRESS_STACK || object->kind == ADDRESS_TLS)
		snprintf(text, size, "%s %d", place, (int)object->tid);
	else if (object->kind == ADDRESS_UNKNOWN)
		snprintf(text, size, "%s", place);
	else
		snprintf(text, size, "%s, 0x%" PRIx64 " bytes into 0x%" PRIx64 "-0x%" PRIx64, place,
			object->address - object->start, object->start, object->end);
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

static void describe_call(
	char *text, size_t size, const struct proc_task *task, const struct task_wait *wait)
{
	struct finding_wait call = {.kind = wait->kind, .syscall = task->syscall, .fd = wait->fd};
	char name[MODEL_NAME_MAX];
	finding_text_wait(name, sizeof(name), &call);
	snprintf(text, size, "asleep in %s%s", name,
		wait_is_untimed(wait->kind) ? ", without a timeout" : "");
}

void describe_task(char *text, size_t size, const struct proc_task *task)
{
	static const char *const loops[] = {
		[WAIT_SLEEP] = "asleep for some time (nanosleep), again and again",
		[WAIT_YIELD] = "in a loop that yields the processor (sched_yield)",
		[WAIT_NONE] = "running in a loop, without a system call",
	};
	struct task_wait wait = task_wait(task);
	bool forever = wait.kind == WAIT_FUTEX;
	if (forever || wait.kind == WAIT_FUTEX_TIMED)
		snprintf(text, size,
			"asleep in futex(2), %s timeout, as long as the word at 0x%" PRIx64
			" is %" PRIu32,
			forever ? "without a" : "with a", wait.futex, wait.expected);
	else if (task->in_syscall && wait.kind != WAIT_SLEEP && wait.kind != WAIT_YIELD)
		describe_call(text, size, task, &wait);
	else if (wait.kind < sizeof(loops) / sizeof(loops[0]) && loops[wait.kind])
		snprintf(text, size, "%s", loops[wait.kind]);
	else
		snprintf(text, size, "state %c", task->state);
}

void describe_thread(char *text, size_t size, const struct explanation_thread *thread)
{
	if (!thread->dying)
		describe_task(text, size, &thread->task);
	else if (thread->signal)
		snprintf(text, size, "gets signal %d (%s) here", thread->signal,
			strsignal(thread->signal));
	else
		snprintf(text, size, "ends itself here");
}

void describe_origin(char *text, size_t size, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	text[0] = '\0';
	if (lock->seen_stuck)
		finding_text_origin(text, size, &explanation->finding);
	else if (lock->of_application)
		snprintf(text, size, "the application's");
}

const char *describe_role(enum explanation_role role)
{
	static const char *const names[] = {
		[ROLE_CHILD] = "the child",
		[ROLE_CHILD_THREAD] = "a thread that the child has started",
		[ROLE_WORKER] = "the worker",
		[ROLE_MAIN] = "the main thread, which forks",
		[ROLE_PARENT] = "the process that forks",
	};
	return names[role];
}

const char *describe_caller(const struct explanation_fork *fork)
{
	return fork->in_handler ? "the worker itself, in a signal handler" : "the main thread";
}

void describe_search(char *text, size_t size, const struct explanation *explanation)
{
	text[0] = '\0';
	if (explanation->search == SEARCH_FIRST_BAD)
		snprintf(text, size, "point %" PRIu32 " is the first bad one of the sweep",
			explanation->point);
	else if (explanation->search != SEARCH_NONE)
		snprintf(text, size, "none of the %" PRIu32 " fork points of the sweep is bad%s",
			explanation->searched,
			explanation->search == SEARCH_FIRST_WAIT
				? "; this is the first one at which fork() had to wait"
				: ", and at none of them fork() had to wait");
}
