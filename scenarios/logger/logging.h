/*
 * Shared by the two logger scenarios: the wrapping of every allocator call, and the fork in the
 * middle of a logged call (as in a logger that starts a compressor when its file is full). They
 * differ in how a record is written.
 */
#pragma once

#include "scenario.h"

struct log_record {
	const char *call; /* "malloc", "free" */
	size_t size;
	pid_t pid, tid;
};

/* How a record is written; set once in the scenario's setup. */
typedef void log_write(const struct log_record *record);

/* Starts logging with that writer. Parent, before any worker. */
void logging_start(log_write *write);

/* The wrapped calls: log, call the allocator, compare getpid(), log. */
extern const struct heap_calls logging_calls;

/* scenario.fork: forks in the middle of a logged malloc of the main thread. */
void logging_fork(struct task *main_task);
