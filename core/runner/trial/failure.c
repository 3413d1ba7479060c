#include "failure.h"

#include "../common/runner.h"
#include "trial.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool in_child(void)
{
	return getpid() != runner.pid;
}

static struct failure *failure_slot(bool child)
{
	return child ? &trial_current()->failure : &runner.shm->parent_failure;
}

/* Only the first failure is kept; later ones are consequences. */
static void record(struct failure *failure, enum failure_kind kind, const void *address,
	size_t size, uint32_t step)
{
	if (atomic_load_explicit(&failure->kind, memory_order_acquire) != FAILURE_NONE)
		return;
	failure->address = (uintptr_t)address;
	failure->size = size;
	failure->step = step;
	atomic_store_explicit(&failure->kind, kind, memory_order_release);
}

_Noreturn void failure_exit(
	struct task *task, enum failure_kind kind, const void *address, size_t size)
{
	bool child = in_child();
	uint32_t step = atomic_load_explicit(&task->activity->step, memory_order_relaxed);
	record(failure_slot(child), kind, address, size, child ? step : CHILD_STEP_NONE);
	_exit(RUNNER_FAILED_CHECK);
}

_Noreturn void lab_fail(struct task *task, enum failure_kind kind)
{
	failure_exit(task, kind, NULL, 0);
}

/* A byte loop, because the allocator may call this with a corrupt heap. */
static void copy_text(char *to, const char *from)
{
	size_t i = 0;
	for (; from[i] && i + 1 < SHM_TEXT_MAX; i++)
		to[i] = from[i];
	to[i] = '\0';
}

void lab_complain(const char *text)
{
	if (!runner.shm)
		return;
	bool child = in_child();
	struct failure *failure = failure_slot(child);
	copy_text(failure->text, text);
	uint32_t step = atomic_load_explicit(&trial_current()->child.step, memory_order_relaxed);
	record(failure, FAILURE_COMPLAINT, NULL, 0, child ? step : CHILD_STEP_NONE);
}

_Noreturn void lab_broken(const char *why, int error)
{
	struct failure *failure = &runner.shm->parent_failure;
	snprintf(failure->text, sizeof(failure->text), "%s%s%s", why, error ? ": " : "",
		error ? strerror(error) : "");
	record(failure, FAILURE_ENGINE, NULL, 0, CHILD_STEP_NONE);
	_exit(RUNNER_BROKEN);
}
