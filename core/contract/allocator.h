/*
 * What an allocator's folder gives to the runner: one const descriptor called `allocator`.
 * An allocator plug-in includes this header and its vendor's, nothing else of forklab's.
 */
#ifndef FORKLAB_ALLOCATOR_H
#define FORKLAB_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: nothing is known. */
struct allocator_heap_state {
	uint32_t has_sizes;    /* 1: the two sizes are valid */
	uint32_t checked;      /* 1: its checker ran, and */
	uint32_t sound;        /* 1: found the heap sound */
	uint64_t used_bytes;   /* in blocks that are handed out */
	uint64_t mapped_bytes; /* asked of the kernel */
	char text[96];         /* what else there is to say; terminated */
};

struct allocator {
	/* The name on the command line and in every table: "jemalloc", "tcmalloc-minimal". */
	const char *name;

	/* How it is linked: "shared", "static", "archive", "preload", "built-in". */
	const char *link;

	/*
	 * The beginning of the file name of the object that malloc and free must lie in, such as
	 * "libjemalloc.so". NULL: they must lie in the runner itself. The runner proves it
	 * before any trial, in the process that is measured. Where the plan names an
	 * object (struct plan_object) they must lie in that file, and this is only its name in the
	 * sentence that says that they do not.
	 */
	const char *module;

	/*
	 * Writes the allocator's version, as told by the allocator's own call where it has one, to
	 * `text` (`size` bytes, always terminated). Called once, in the parent, in the main thread,
	 * before any worker exists; may allocate. Leaves `text` empty when nobody knows.
	 */
	void (*version)(char *text, size_t size);

	/*
	 * For traces: how the heap is, as told by the allocator's own statistics and checker.
	 * Called in the parent's main thread while the other threads are at rest, and at the end of
	 * a child; may allocate and take locks. NULL: the allocator tells nothing.
	 */
	void (*heap)(struct allocator_heap_state *heap);

	/*
	 * Whether the allocator's own books show that malloc() and free() went through it:
	 * allocates and frees a block for that. It is needed where the place of malloc proves
	 * little, because libc's would lie there as well: in the runner. NULL: the allocator has no
	 * such call. When and where: as `version`, before it.
	 */
	bool (*owns_malloc)(void);
};

/*
 * The `module` of an allocator that is linked in several ways: the name of the shared object, or
 * NULL where the build has put the allocator into the runner.
 */
#ifdef ALLOCATOR_INSIDE
#define ALLOCATOR_MODULE(name) NULL
#else
#define ALLOCATOR_MODULE(name) (name)
#endif

/* Defined by the allocator's folder; the engine finds it at link time. */
extern const struct allocator allocator;

/*
 * The two below are weak: an allocator built as a preload finds NULL here outside of a runner, and
 * must check. forklab-run-preload exports both.
 */

/*
 * For allocators that know their locks (the teaching ones): publishes a lock's name, so that a hang
 * on it is told by that name. `owner_offset` is where the owner's tid (int32_t) stands, counted
 * from `lock`, or -1. `name` is copied. Allocates nothing; parent, before the first fork, any
 * thread. Returns nothing: when the table is full the lock stays nameless.
 */
__attribute__((weak)) void lab_publish_lock(
	const char *name, const void *lock, uint32_t size, int32_t owner_offset);

/*
 * For traces: the calling thread has taken, or is about to give back, the lock at that address. Do
 * nothing and store nothing when no trace is made. Any thread, parent or child; async-signal-safe.
 * Weak, as above.
 */
__attribute__((weak)) void lab_lock_acquired(const void *lock);
__attribute__((weak)) void lab_lock_released(const void *lock);

/*
 * For allocators with a checker of their own: tells that the heap is corrupt, then the allocator
 * aborts. `text` is copied. Async-signal-safe, any thread, parent or child.
 */
__attribute__((weak)) void lab_complain(const char *text);

#endif
