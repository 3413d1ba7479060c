/*
 * A snapshot's stack: which function was called from where. Unwound by elfutils from the call frame
 * information of the files, so optimised code without frame pointers is no obstacle; named from
 * symbol tables and debug information, as far as there are any. Nothing is guessed: a symbol counts
 * only if its size says that the address lies in it, otherwise there are module and offset.
 */
#ifndef FORKLAB_STACK_H
#define FORKLAB_STACK_H

#include "snapshot.h"
#include "source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

enum {
	STACK_FRAMES_MAX = 64,
	STACK_NAME_MAX = SOURCE_NAME_MAX,
	STACK_PATH_MAX = SOURCE_PATH_MAX,
};

/* What is not known is "" or 0. */
struct stack_frame {
	/*
	 * Where the thread is in this function. In all but the innermost frame of a call, that is
	 * the address that a called function returns to.
	 */
	uint64_t pc;
	bool inlined;     /* the compiler put this function into the next frame's; same pc */
	bool trampoline;  /* the kernel has called a signal handler here; no function of its own */
	bool interrupted; /* the signal came here */
	char module[STACK_NAME_MAX]; /* the file's name without its directory */
	uint64_t module_offset;      /* of pc, from where the file is mapped */
	char function[STACK_NAME_MAX];
	uint64_t offset; /* of pc, from the function's symbol; not of inlined ones */
	char source[STACK_PATH_MAX];
	unsigned line;
};

struct stack {
	size_t frames;
	bool truncated; /* there are more frames than fit, or the way on was lost */
	struct stack_frame frame[STACK_FRAMES_MAX]; /* the innermost first */
};

/*
 * Unwinds it. `symbols` are those of a process that has, or had, the same files mapped at the same
 * places: the thread's own or its parent. 0, or -errno: then there is at least the frame that the
 * registers tell, if a snapshot was taken at all.
 */
int stack_unwind(struct symbols *symbols, const struct snapshot *snapshot, struct stack *stack);

#endif
