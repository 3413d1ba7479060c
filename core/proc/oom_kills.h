/*
 * How often the kernel killed a process of this control group because memory was short. It is the
 * only word of the kernel that tells such a SIGKILL from one that somebody sent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The counter of this process' control group: memory.events (version 2), or memory.oom_control
 * (version 1). 0 when there is none.
 */
uint64_t oom_kills_read(void);

/* Whether the counter is greater than *before, which is then updated. */
bool oom_kills_since(uint64_t *before);

/*
 * The path of the counter's file from the text of /proc/self/cgroup, in path[size]; version 2 or 1.
 * False: the text has no line for it. Pure.
 */
bool oom_kills_path(const char *cgroups, int version, char *path, size_t size);

/* The value in the text of such a file; 0: none. Pure. */
uint64_t oom_kills_parse(const char *text);
