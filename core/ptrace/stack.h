/*
 * The call stack of a snapshot. elfutils unwinds it by the call frame information of the files, so
 * frame pointers are not needed. Names come from symbol tables and debug information. Nothing is
 * guessed: a function is named only if the address is within the size of its symbol; otherwise
 * there are only module and offset.
 */
#pragma once

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

/* Unknown fields are "" or 0. */
struct stack_frame {
	/* Where the thread is in this function: a return address, except in the innermost frame. */
	uint64_t pc;
	bool inlined;                /* inlined into the function of the next frame; same pc */
	bool trampoline;             /* signal return trampoline: the kernel called a handler */
	bool interrupted;            /* the signal arrived here */
	char module[STACK_NAME_MAX]; /* the file's name without its directory */
	uint64_t module_offset;      /* of pc, from the start of the mapped file */
	char function[STACK_NAME_MAX];
	uint64_t offset; /* of pc, from the function's symbol; 0 in inlined frames */
	char source[STACK_PATH_MAX];
	unsigned line;
};

struct stack {
	size_t frames;
	bool truncated;                             /* more frames than fit, or unwinding failed */
	struct stack_frame frame[STACK_FRAMES_MAX]; /* the innermost first */
};

/*
 * Unwinds the snapshot. `symbols` must be of a process that has, or had, the same files mapped at
 * the same addresses: the thread's own or its parent. 0, or -errno: then there is at least the
 * innermost frame, if a snapshot was taken.
 */
int stack_unwind(struct symbols *symbols, const struct snapshot *snapshot, struct stack *stack);
