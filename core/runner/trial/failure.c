#include "failure.h"

#include "../common/runner.h"
#include "trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

/* A byte loop, because the allocator may call this with a corrupt heap. */
static void copy_text(char *to, const char *from)
{
	size_t i = 0;
	for (; from[i] && i + 1 < SHM_TEXT_MAX; i++)
		to[i] = from[i];
	to[i] = '\0';
}

/* ---- Whether a limit of the surroundings is to blame ---- */

static bool has_memory_limit(void)
{
	static const int resources[] = {RLIMIT_AS, RLIMIT_DATA};
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		struct rlimit limit;
		if (getrlimit(resources[i], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
			return true;
	}
	return false;
}

/* The kernel would not map that much either. */
static bool memory_limit_reached(size_t size)
{
	enum { SLACK = 1 << 20 };
	if (!has_memory_limit())
		return false;
	void *map = mmap(
		NULL, size + SLACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return true;
	munmap(map, size + SLACK);
	return false;
}

/* RLIMIT_NPROC and the limit of a control group count processes and threads alike. */
static bool thread_limit_reached(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid < 0 && errno == EAGAIN;
}

static const char thread_limit[] =
	"no thread: a limit on processes, RLIMIT_NPROC (ulimit -u) or a control group's pids.max";
static const char memory_limit[] =
	"no memory: a limit on it, RLIMIT_AS (ulimit -v) or RLIMIT_DATA (ulimit -d)";

/*
 * Which limit is to blame for that failure, or NULL. pthread_create() fails with EAGAIN for lack of
 * memory, too, the allocator's or the kernel's, so its error does not tell.
 */
static const char *limit_reached(enum failure_kind kind, size_t size)
{
	enum { STACK = 8 << 20 };
	if (kind == FAILURE_NO_THREAD && thread_limit_reached())
		return thread_limit;
	if ((kind == FAILURE_NO_THREAD || kind == FAILURE_NO_MEMORY) &&
		memory_limit_reached(kind == FAILURE_NO_THREAD ? STACK : size))
		return memory_limit;
	return NULL;
}

_Noreturn void failure_exit(
	struct task *task, enum failure_kind kind, const void *address, size_t size)
{
	bool child = in_child();
	uint32_t step = atomic_load_explicit(&task->activity->step, memory_order_relaxed);
	const char *limit = limit_reached(kind, size);
	struct failure *failure = failure_slot(child);
	if (limit) {
		kind = FAILURE_ENGINE;
		copy_text(failure->text, limit);
	}
	record(failure, kind, address, size, child ? step : CHILD_STEP_NONE);
	_exit(RUNNER_FAILED_CHECK);
}

void lab_check(struct task *task, bool holds, const char *what)
{
	if (!holds) {
		copy_text(failure_slot(in_child())->text, what);
		failure_exit(task, FAILURE_CHECK, NULL, 0);
	}
	if (task->in_child)
		atomic_fetch_add_explicit(&trial_current()->checks, 1, memory_order_relaxed);
}

_Noreturn void lab_fail(struct task *task, enum failure_kind kind)
{
	failure_exit(task, kind, NULL, 0);
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
	snprintf(failure->text, sizeof(failure->text), "%s%s%s%s", why, error ? ": " : "",
		error ? strerror(error) : "",
		error == EAGAIN ? ": a limit on processes, RLIMIT_NPROC (ulimit -u) or a control "
				  "group's pids.max?"
				: "");
	record(failure, FAILURE_ENGINE, NULL, 0, CHILD_STEP_NONE);
	_exit(RUNNER_BROKEN);
}
