/*
 * Records events for `forklab trace` while a trial runs: calls, forks, child steps, named locks.
 * Each recorder belongs to one thread; it does not allocate or lock, and stores into the event log
 * only. Without a trace, tasks have no recorder.
 */
#pragma once

#include "scenario.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Maps the event log behind the shm in `fd`. 0 or -errno. Main thread, before any worker. */
int recorder_attach(int fd);

/* The event log, or NULL. */
struct event_log *recorder_log(void);

/* The recorder of the task with that index; NULL without a trace. Parent. */
struct recorder *recorder_of_task(uint32_t index);

/* The same for the child's task. */
struct recorder *recorder_of_child(void);

/* Switches the recorder to the child's track: its thread continues there. Child. */
void recorder_use_child_track(struct recorder *recorder);

/* Records what the other threads were doing when this memory was copied. Child, first. */
void recorder_inherit(void);

/* An allocator call begins, and ends; `block` was returned or freed. Any thread. */
void recorder_call_begin(struct recorder *recorder, enum heap_op op, size_t size);
void recorder_call_end(struct recorder *recorder, const void *block);

/* A child's step begins; `name` is that of CHILD_STEP_NAMED, else NULL. */
void recorder_child_step(struct recorder *recorder, enum child_step step, const char *name);

/* fork() is about to be called, and has made that child. Parent, the forking thread. */
void recorder_fork_begin(struct recorder *recorder);
void recorder_fork_end(struct recorder *recorder, pid_t child);
