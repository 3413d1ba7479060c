#pragma once

#include "scenario.h"
#include "shm.h"

#include <stdint.h>

extern struct task task_table[SHM_WORKERS_MAX + 1]; /* the main thread's follows the workers' */
extern struct task child_task;
extern const struct heap_calls heap_plain;

/* Makes `task` the calling thread's task. */
void task_set_self(struct task *task);

/* Prepares a task: its activity record, and its random sequence from `seed`. */
void task_init(struct task *task, struct activity *activity, uint32_t index, uint64_t seed);

struct task *task_main(void);
