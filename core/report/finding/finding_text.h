/*
 * The sentences on findings, skipped cells and silent damage: the only place where these are put
 * into words. All write at most `size` bytes with the NUL. Pure.
 */
#pragma once

#include "model.h"
#include "strbuf.h"

#include <stddef.h>

enum { FINDING_TEXT_MAX = MODEL_TEXT_MAX }; /* enough for each of them */

/* The finding in one sentence, without its full stop. */
void finding_text(char *out, size_t size, const struct finding *finding);

/* Why forklab says so: reason `i` of the finding. */
void finding_text_reason(char *out, size_t size, const struct finding *finding, unsigned i);

/* "malloc(1500)", "free()"; "" for no call. */
void finding_text_call(char *out, size_t size, const struct heap_call *call);

/* "free-others", or the scenario's `name` for a step if it is not ""; "" for CHILD_STEP_NONE. */
const char *finding_text_step(enum child_step step, const char *name);

/* "worker 2", "the main thread"; "" when unknown. */
void finding_text_role(char *out, size_t size, const struct thread_role *role);

/*
 * The lock of a finding, without its address: "teach bins lock", "libc's lock tzset_lock", "libc's
 * lock of a FILE", "the lock main_arena", "the lock taken by malloc in libc.so.6", "a lock in
 * libjemalloc.so.2", "a lock".
 */
void finding_text_lock(char *out, size_t size, const struct finding *finding);

/* Whose lock it is where that is not the allocator: "libc's"; "" where it is, or is unknown. */
void finding_text_origin(char *out, size_t size, const struct finding *finding);

/* Appends: "2 blocks were handed out twice: ..., first at 0x...". */
void finding_text_double_blocks(struct strbuf *line, uint32_t blocks, uint64_t first);

/*
 * Why a skipped or broken cell has no verdict on its allocator, or why a sweep is ok without a fork
 * point; "" for any other.
 */
void finding_text_no_verdict(char *out, size_t size, const struct cell *cell);

/* The finding of a cell, else finding_text_no_verdict(). */
void finding_text_cell(char *out, size_t size, const struct cell *cell);

/* Why a control did not pass. */
void finding_text_control(char *out, size_t size, const struct control *control);

/* Silent damage, as a sentence without its full stop. */
void finding_text_damage(char *out, size_t size, const struct damage *damage);

/* "a pipe": what is behind a descriptor. */
const char *finding_text_descriptor(enum descriptor_kind kind);

/* "read(2) of descriptor 7, a pipe": the call that a process sleeps in. */
void finding_text_wait(char *out, size_t size, const struct finding_wait *wait);
