/*
 * What a trace has recorded of one trial, copied out of the shared memory, bounded and in order.
 * Pure but for recording_take(), which reads that memory while others may still write to it.
 */
#ifndef FORKLAB_TRIAL_LOG_H
#define FORKLAB_TRIAL_LOG_H

#include "event_log.h"
#include "model.h"
#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One event. Times are CLOCK_MONOTONIC. */
struct entry {
	enum trace_kind kind;
	uint32_t op;
	uint64_t size, address;
	uint64_t begin_ns, end_ns; /* end_ns 0: it never ended */
	int32_t pid[2], tid[2];    /* at both ends; of one that never ended the first twice */
	uint32_t track;
};

/* One process of the trial: its pid changes in no event but a fork glitch. */
static inline bool entry_changed_pid(const struct entry *entry)
{
	return entry->kind == TRACE_CALL && entry->pid[0] != entry->pid[1];
}

struct lock_name {
	char name[PAGE_NAME_MAX];
	uint64_t address;
	uint32_t size;
};

struct recording {
	uint32_t trial;
	enum verdict verdict;
	char sentence[MODEL_TEXT_MAX]; /* of the finding, or "" */

	int32_t parent_pid, main_tid, child_pid; /* 0: not known */
	uint32_t workers;
	int32_t worker_tid[PAGE_WORKERS_MAX];

	size_t entries;
	struct entry *entry; /* by begin_ns */
	uint64_t left_out;   /* events that the tracks had no room for any more */
	uint64_t damaged;    /* events that cannot be: somebody wrote over them */

	size_t inherited; /* what was under way in the memory that the child inherited */
	struct entry inheritance[TRACE_INHERITED];

	struct trace_files files[TRACE_MOMENTS];
	struct trace_heap heap[TRACE_MOMENTS];
	unsigned locks;
	struct lock_name lock[PAGE_LOCKS_MAX];
};

/*
 * Copies the trace; begin_ns is when the runner was started, now_ns the time of the call. 0 or
 * -ENOMEM. Release with recording_free().
 */
int recording_take(struct recording *recording, const struct page *page, const struct trace *trace,
	uint64_t begin_ns, uint64_t now_ns);
void recording_free(struct recording *recording);

/* The fork that the trial was for, or NULL. */
const struct entry *recording_fork(const struct recording *recording);

/* "worker 2", "main", "child", "child's thread". `text` is returned. */
char *recording_thread(
	const struct recording *recording, const struct entry *entry, char *text, size_t size);

/* "malloc(24)", "free", "fork() = 4711", "step small", "holds teach bins lock". */
char *recording_what(
	const struct recording *recording, const struct entry *entry, char *text, size_t size);

/* The name of the lock at that address, or NULL. */
const char *recording_lock(const struct recording *recording, uint64_t address);

/* ---- Tables of descriptors ---- */

/* The descriptor's entry of that number, or NULL. */
const struct trace_file *files_find(const struct trace_files *files, int32_t fd);

/* True when both name the same descriptor for the same thing. */
bool files_same(const struct trace_file *one, const struct trace_file *other);

#endif
