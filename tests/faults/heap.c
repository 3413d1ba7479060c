/*
 * The allocator: glibc's, with hooks for faults. Apart from the fault it is correct, and fork()
 * handles its locks.
 */
#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same functions under names that are never interposed; no header declares them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

enum {
	CHILD_CALL = 5,  /* the malloc at which the child's fault comes, */
	STEPPED_CALL = 3 /* and a worker's */
};

struct heap_count heap_count;
static pid_t parent;
static unsigned child_calls;
static __thread unsigned worker_calls __attribute__((tls_model("initial-exec")));
static bool forked, child_began;

bool heap_in_child(void)
{
	return parent && getpid() != parent;
}

void *heap_malloc(size_t size)
{
	return __libc_malloc(size);
}

void *heap_calloc(size_t count, size_t size)
{
	return __libc_calloc(count, size);
}

/* A child inherits its parent's numbers and starts again from 0. */
static void count(_Atomic unsigned *calls)
{
	if (!child_began && heap_in_child()) {
		child_began = true;
		heap_count = (struct heap_count){0};
	}
	++*calls;
}

static void call(void (*hook)(void))
{
	if (hook)
		hook();
}

static bool is_main_thread(void)
{
	return syscall(SYS_gettid) == getpid();
}

static void parent_hooks(void)
{
	if (is_main_thread()) {
		if (forked)
			call(fault->in_parent);
	} else {
		worker_calls++;
		if (worker_calls == 1)
			call(fault->in_worker);
		if (worker_calls == STEPPED_CALL)
			call(fault->while_stepped);
	}
}

/* What a fault calls is the allocator again, so it is not called twice. */
static void child_hooks(void)
{
	child_calls++;
	if (child_calls == 1)
		call(fault->in_child_at_once);
	if (child_calls == CHILD_CALL)
		call(fault->in_child);
}

static void hooks(void)
{
	if (heap_in_child())
		child_hooks();
	else if (parent)
		parent_hooks();
}

static bool child_fault_due(void)
{
	return child_calls >= CHILD_CALL && heap_in_child();
}

/* ---- Small blocks that are 8-aligned ---- */

enum { SHIFT = 8, SHIFTED_MAX = 64, USUAL_ALIGNMENT = 16 };

static void *malloc_shifted(size_t size)
{
	char *block = __libc_malloc(size + SHIFT);
	return block ? block + SHIFT : NULL;
}

static bool is_shifted(const void *block)
{
	return fault->misaligns && (uintptr_t)block % USUAL_ALIGNMENT != 0;
}

static void *unshifted(void *block)
{
	return is_shifted(block) ? (char *)block - SHIFT : block;
}

static void *realloc_shifted(void *block, size_t size)
{
	size_t old = malloc_usable_size(unshifted(block)) - SHIFT;
	void *moved = __libc_malloc(size);
	if (!moved)
		return NULL;
	memcpy(moved, block, old < size ? old : size);
	__libc_free(unshifted(block));
	return moved;
}

/* ---- What the world calls ---- */

void *malloc(size_t size)
{
	count(&heap_count.malloc);
	hooks();
	if (fault->malloc && child_fault_due())
		return fault->malloc(size);
	if (fault->malloc_always)
		return fault->malloc_always(size);
	if (fault->misaligns && size < SHIFTED_MAX)
		return malloc_shifted(size);
	return __libc_malloc(size);
}

void *calloc(size_t nmemb, size_t size)
{
	count(&heap_count.calloc);
	if (fault->calloc && child_fault_due())
		return fault->calloc(nmemb, size);
	return __libc_calloc(nmemb, size);
}

void *realloc(void *ptr, size_t size)
{
	count(&heap_count.realloc);
	if (is_shifted(ptr))
		return realloc_shifted(ptr, size);
	return __libc_realloc(ptr, size);
}

void free(void *ptr)
{
	count(&heap_count.free);
	if (fault->free && heap_in_child())
		fault->free(ptr);
	else
		__libc_free(unshifted(ptr));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count(&heap_count.aligned_alloc);
	return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size)
{
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
	void *block = __libc_memalign(alignment, size);
	if (!block)
		return ENOMEM;
	*memptr = block;
	return 0;
}

/* Children end with it; here, because this is the engine's own program. */
void exit(int status)
{
	void (*next)(int) = (void (*)(int))dlsym(RTLD_NEXT, "exit");
	if (heap_in_child())
		call(fault->at_end);
	next(status);
	abort();
}

/* The engine ends every other process with it. */
void _exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

/* ---- Before main() ---- */

static void note_fork(void)
{
	forked = true;
}

__attribute__((constructor)) static void start(void)
{
	fault_choose();
	parent = getpid();
	pthread_atfork(fault->before_fork, note_fork, NULL);
	if (fault->after_fork)
		pthread_atfork(NULL, fault->after_fork, NULL);
	call(fault->at_start);
}
