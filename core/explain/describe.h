/* Texts for addresses and threads in an explanation. */
#ifndef FORKLAB_DESCRIBE_H
#define FORKLAB_DESCRIBE_H

#include "address_info.h"
#include "proc.h"
#include "stack.h"

#include <stddef.h>

/* A short name: "teach_chunks", "main_arena+0x0", "libjemalloc.so.2+0x2ec9c0", "0x7ffff7403ae8". */
void describe_object(char *text, size_t size, const struct address_info *object);

/* The full description: "the variable main_arena (libc.so.6+0x1d3c60)", "anonymous memory ...". */
void describe_location(char *text, size_t size, const struct address_info *object);

/* "arena_get2+0x11e (libc.so.6)", or "libc.so.6+0x860d6", or the bare address. */
void describe_frame(char *text, size_t size, const struct stack_frame *frame);

/* What a thread is doing, according to the kernel. */
void describe_thread_state(char *text, size_t size, const struct proc_task *task);

#endif
