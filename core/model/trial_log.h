/*
 * What a trace has recorded of one trial, copied out of the shared memory, bounded and in order.
 * Pure but for trial_log_copy(), which reads that memory while others may still write to it.
 */
#pragma once

#include "event_log.h"
#include "model.h"
#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One event. Times are CLOCK_MONOTONIC. */
struct log_entry {
	enum event_kind kind;
	uint32_t op;
	uint64_t size, address;
	uint64_t begin_ns, end_ns; /* end_ns 0: it never ended */
	int32_t pid[2], tid[2];    /* at both ends; of one that never ended the first twice */
	uint32_t track;
};

/* One process of the trial: its pid changes in no event but a fork glitch. */
static inline bool log_entry_changed_pid(const struct log_entry *entry)
{
	return entry->kind == EVENT_CALL && entry->pid[0] != entry->pid[1];
}

struct lock_name {
	char name[SHM_NAME_MAX];
	uint64_t address;
	uint32_t size;
};

struct trial_log {
	uint32_t trial;
	enum verdict verdict;
	bool foreign;                  /* it is not held against the allocator: struct finding */
	char sentence[MODEL_TEXT_MAX]; /* of the finding, or "" */

	int32_t parent_pid, main_tid, child_pid; /* 0: not known */
	uint32_t workers;
	int32_t worker_tid[SHM_WORKERS_MAX];

	size_t entries;
	struct log_entry *entry; /* by begin_ns */
	uint64_t left_out;       /* events that did not fit into their tracks */
	uint64_t damaged;        /* implausible events: their memory was overwritten */

	size_t inherited; /* calls in progress in the memory that the child inherited */
	struct log_entry inheritance[EVENT_INHERITED_MAX];

	uint32_t steps; /* names of the scenario's own steps */
	char step_name[EVENT_STEPS_MAX][SHM_NAME_MAX];

	struct fd_table files[EVENT_MOMENTS];
	struct heap_state heap[EVENT_MOMENTS];
	unsigned locks;
	struct lock_name lock[SHM_LOCKS_MAX];
};

/*
 * Copies the trace; begin_ns is when the runner was started, now_ns the time of the call. 0 or
 * -ENOMEM. Release with trial_log_free().
 */
int trial_log_copy(struct trial_log *trial_log, const struct shm *shm,
	const struct event_log *event_log, uint64_t begin_ns, uint64_t now_ns);
void trial_log_free(struct trial_log *trial_log);

/* The fork that the trial was for, or NULL. */
const struct log_entry *trial_log_fork(const struct trial_log *trial_log);

/* "worker 2", "main", "child", "child's thread". `text` is returned. */
char *trial_log_thread(
	const struct trial_log *trial_log, const struct log_entry *entry, char *text, size_t size);

/* "malloc(24)", "free", "fork() = 4711", "step small", "holds teach bins lock". */
char *trial_log_what(
	const struct trial_log *trial_log, const struct log_entry *entry, char *text, size_t size);

/* The name of the lock at that address, or NULL. */
const char *trial_log_lock_name(const struct trial_log *trial_log, uint64_t address);

/* ---- Tables of descriptors ---- */

/* The descriptor's entry of that number, or NULL. */
const struct fd_entry *fd_table_find(const struct fd_table *files, int32_t fd);

/* True when both name the same descriptor for the same thing. */
bool fd_table_same(const struct fd_entry *one, const struct fd_entry *other);
