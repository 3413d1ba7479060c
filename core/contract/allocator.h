/*
 * What an allocator's folder provides: one const descriptor called `allocator`. An allocator
 * plug-in includes this header and its vendor's, and no other header of forklab.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: unknown. */
struct allocator_heap_state {
	uint32_t has_sizes;    /* 1: the two sizes are valid */
	uint32_t checked;      /* 1: its checker ran, and */
	uint32_t sound;        /* 1: found no damage */
	uint64_t used_bytes;   /* in live blocks */
	uint64_t mapped_bytes; /* obtained from the kernel */
	char text[96];         /* a remark, terminated */
};

struct allocator {
	/* The name on the command line and in every table: "jemalloc", "tcmalloc-minimal". */
	const char *name;

	/* How it is linked: "shared", "static", "archive", "preload", "built-in". */
	const char *link;

	/*
	 * The beginning of the file name of the object that must contain malloc and free, such as
	 * "libjemalloc.so". NULL: the runner itself. The runner proves it before any trial, in the
	 * process under test. If the plan names an object (struct plan_object), that file must
	 * contain them, and this is only its name in the message about a mismatch.
	 */
	const char *module;

	/*
	 * It refers to pthread_atfork() weakly, so that in a static program it has handlers only if
	 * something else of the program refers to that function.
	 */
	bool weak_atfork;

	/*
	 * Writes the allocator's version, from the allocator's own call if it has one, to `text`
	 * (`size` bytes, always terminated). Called once, in the parent, in the main thread, before
	 * any worker exists; may allocate. NULL, or an empty `text`: unknown.
	 */
	void (*version)(char *text, size_t size);

	/*
	 * For traces: the heap according to the allocator's statistics and checker. Called in the
	 * parent's main thread while the other threads are idle, and at the end of a child; may
	 * allocate and take locks. NULL: the allocator has no statistics.
	 */
	void (*heap)(struct allocator_heap_state *heap);

	/*
	 * Whether the allocator's statistics show that malloc() and free() went through it;
	 * allocates and frees a block for that. Needed if the allocator is part of the runner:
	 * there, the address of malloc does not distinguish it from libc's. NULL: the allocator has
	 * no such call. Called before `version`, in the same context.
	 */
	bool (*owns_malloc)(void);
};

/*
 * The `module` of an allocator that is linked in several ways: the name of the shared object, or
 * NULL if the allocator is part of the runner.
 */
#ifdef ALLOCATOR_INSIDE
#define ALLOCATOR_MODULE(name) NULL
#else
#define ALLOCATOR_MODULE(name) (name)
#endif

/* Defined by the allocator's folder. */
extern const struct allocator allocator;

/*
 * The functions below are weak: for an allocator built as a preload they are NULL outside of a
 * runner, which it must check. forklab-run-preload exports lab_publish_lock() and lab_complain().
 */

/*
 * Publishes the name of an allocator's lock, for findings. `owner_offset` is the offset of the
 * owner's tid (int32_t) from `lock`, or -1. `name` is copied. Allocates nothing; parent, before the
 * first fork, any thread. When the table is full the lock stays unnamed.
 */
__attribute__((weak)) void lab_publish_lock(
	const char *name, const void *lock, uint32_t size, int32_t owner_offset);

/*
 * For traces: the calling thread has acquired, or is about to release, the lock at that address.
 * No-ops without a trace. Any thread, parent or child; async-signal-safe.
 */
__attribute__((weak)) void lab_lock_acquired(const void *lock);
__attribute__((weak)) void lab_lock_released(const void *lock);

/*
 * For allocators with a checker: reports that the heap is corrupt; the allocator then aborts.
 * `text` is copied. Async-signal-safe, any thread, parent or child.
 */
__attribute__((weak)) void lab_complain(const char *text);
