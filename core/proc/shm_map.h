/* forklab's side of the shared page: creates it, and reads it without trusting it. */
#pragma once

#include "ascii.h"
#include "shm.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Creates a shared page with its header filled in and the rest zero. Returns it, and its descriptor
 * (close-on-exec) in *fd; or NULL with errno set. shm_map_destroy() releases both.
 */
struct shm *shm_map_create(int *fd);
void shm_map_destroy(struct shm *shm, int fd);

/*
 * True when the process under test has overwritten the header; then nothing in the shared page can
 * be trusted. `pid` is the runner's; <= 0: unknown.
 */
bool shm_map_is_overwritten(const struct shm *shm, pid_t pid);

/* The name of a number from the shared page; "?" if it is out of range. */
const char *child_step_name(uint32_t step);
const char *op_name(uint32_t op);
const char *failure_name(uint32_t kind);
const char *fork_method_name(uint32_t method);
const char *mitigation_name(uint32_t mitigation);

/* A call as text: "malloc(1500)", "free()". */
void call_text(char *text, size_t size, uint32_t op, uint64_t bytes);
