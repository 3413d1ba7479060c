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
int recorder_attach(int fd);

/* The trace, or NULL. */
struct event_log *recorder_log(void);

/* The recorder of the actor with that index; NULL when no trace is made. Parent. */
struct recorder *recorder_of_task(uint32_t index);

/* The same for the child's own actor. */
struct recorder *recorder_of_child(void);

/* From now on the recorder writes into the child's track: its thread goes on there. Child. */
void recorder_use_child_track(struct recorder *recorder);

/* Tells what the other threads had under way when this memory was copied. Child, first thing. */
void recorder_inherit(void);

/* A call into the allocator begins, and ends: the block that it returned or freed. Any thread. */
void recorder_call_begin(struct recorder *recorder, enum heap_op op, size_t size);
void recorder_call_end(struct recorder *recorder, const void *block);

/* A child's step begins. */
void recorder_child_step(struct recorder *recorder, enum child_step step);

/* fork() is about to be called, and has made that child. Parent, the forking thread. */
void recorder_fork_begin(struct recorder *recorder);
void recorder_fork_end(struct recorder *recorder, pid_t child);

#endif
