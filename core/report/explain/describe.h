/* Texts for addresses and threads in an explanation. */
#pragma once

#include "explanation.h"

#include <stddef.h>

/* The full description: "the variable main_arena (libc.so.6+0x1d3c60)", "anonymous memory ...". */
void describe_location(char *text, size_t size, const struct address_info *object);

/* Whose the lock is: "libc's"; "" where it is the allocator's, or that is unknown. */
void describe_origin(char *text, size_t size, const struct explanation *explanation);

/* "arena_get2+0x11e (libc.so.6)", or "libc.so.6+0x860d6", or the bare address. */
void describe_frame(char *text, size_t size, const struct stack_frame *frame);

/* What a thread is doing, according to the kernel, or how it dies. */
void describe_task(char *text, size_t size, const struct proc_task *task);
void describe_thread(char *text, size_t size, const struct explanation_thread *thread);

/* "the child", ... */
const char *describe_role(enum explanation_role role);

/* The thread that calls fork(): "the main thread", ... */
const char *describe_caller(const struct explanation_fork *fork);

/* How the point was found; "" if it was given. */
void describe_search(char *text, size_t size, const struct explanation *explanation);
