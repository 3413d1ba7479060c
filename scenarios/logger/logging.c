#include "logging.h"

#include <sys/syscall.h>
#include <unistd.h>

static log_write *write_record;

/*
 * Set by the main thread to fork inside its next logged call. Only the main thread uses it, but all
 * threads compare it.
 */
static struct task *fork_pending;

void logging_start(log_write *write)
{
	write_record = write;
}

/* Writes one record; returns the pid in it. */
static pid_t log_call(const char *call, size_t size)
{
	struct log_record now = {
		.call = call, .size = size, .pid = getpid(), .tid = (pid_t)syscall(SYS_gettid)};
	write_record(&now);
	return now.pid;
}

static void check_pid(pid_t before, pid_t after)
{
	if (before != after)
		lab_pid_changed(lab_self());
}

static void *logged_malloc(size_t size)
{
	pid_t before = log_call("malloc", size);
	void *block = lab_heap->malloc(size);
	struct task *me = fork_pending;
	if (me && me == lab_self()) {
		fork_pending = NULL;
		/* In the child this returns false, and the logged call is completed there. */
		lab_fork(me);
	}
	check_pid(before, log_call("malloc returned", size));
	return block;
}

static void *logged_calloc(size_t count, size_t size)
{
	pid_t before = log_call("calloc", count * size);
	void *block = lab_heap->calloc(count, size);
	check_pid(before, log_call("calloc returned", count * size));
	return block;
}

static void *logged_realloc(void *old, size_t size)
{
	pid_t before = log_call("realloc", size);
	void *block = lab_heap->realloc(old, size);
	check_pid(before, log_call("realloc returned", size));
	return block;
}

static void *logged_aligned_alloc(size_t alignment, size_t size)
{
	pid_t before = log_call("aligned_alloc", size);
	void *block = lab_heap->aligned_alloc(alignment, size);
	check_pid(before, log_call("aligned_alloc returned", size));
	return block;
}

static void logged_free(void *block)
{
	pid_t before = log_call("free", 0);
	lab_heap->free(block);
	check_pid(before, log_call("free returned", 0));
}

const struct heap_calls logging_calls = {
	.malloc = logged_malloc,
	.calloc = logged_calloc,
	.realloc = logged_realloc,
	.aligned_alloc = logged_aligned_alloc,
	.free = logged_free,
};

void logging_fork(struct task *main_task)
{
	enum { SIZE = 100 };
	fork_pending = main_task;
	void *block = lab_malloc(main_task, SIZE);
	lab_free(main_task, block);
}
