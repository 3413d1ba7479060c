/*
 * What is recorded for `forklab trace` while a trial runs: calls, forks, steps, holds of locks.
 * Each recorder belongs to one thread; it allocates nothing, locks nothing, and stores into the
 * trace only. Without a trace no actor has one.
 */
#ifndef FORKLAB_RECORDER_H
#define FORKLAB_RECORDER_H

#include "scenario.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Maps the trace behind the page in `fd`. 0 or -errno. Parent, main thread, before any worker. */
int record_attach(int fd);

/* The trace, or NULL. */
struct trace *record_trace(void);

/* The recorder of the actor with that index; NULL when no trace is made. Parent. */
struct recorder *record_of_actor(uint32_t index);

/* The same for the child's own actor. */
struct recorder *record_of_child(void);

/* From now on the recorder writes into the child's track: its thread goes on there. Child. */
void record_move(struct recorder *recorder);

/* Tells what the other threads had under way when this memory was copied. Child, first thing. */
void record_inheritance(void);

/* A call into the allocator begins, and ends: the block that it returned or freed. Any thread. */
void record_enter(struct recorder *recorder, enum heap_op op, size_t size);
void record_leave(struct recorder *recorder, const void *block);

/* A child's step begins. */
void record_step(struct recorder *recorder, enum child_step step);

/* fork() is about to be called, and has made that child. Parent, the forking thread. */
void record_fork_begin(struct recorder *recorder);
void record_fork_end(struct recorder *recorder, pid_t child);

#endif
