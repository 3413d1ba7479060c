#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A size in bytes from the distribution that heap, threads and children share. */
uint32_t cost_size(uint64_t *state);

/* Reserves the list of blocks for that many threads to fill. 0 or -errno. Main thread. */
int cost_heap_prepare(uint64_t bytes, uint32_t threads);

/* Builds one thread's part of the heap. Any thread, each its own part. False: no memory. */
bool cost_heap_build(uint32_t part);

uint64_t cost_heap_blocks(void);

/*
 * Samples `wanted` blocks evenly from all parts, each once; NULL where a part has too few. Returns
 * the number found. Main thread, with the others idle.
 */
uint32_t cost_heap_sample(void **blocks, uint32_t wanted);

/* Replaces a random block of the heap by one of the same size, and writes to it. Main thread. */
void cost_heap_replace(uint64_t *state);

/*
 * The blocks as records: the content of each follows from its number and version. Main thread, with
 * the others not using the heap's list.
 */
struct cost_record {
	void *at;
	uint32_t size, version;
};

/* Fills all blocks with their pattern. */
void cost_heap_fill(void);

/* Replaces a random record by its next version. */
void cost_heap_change(uint64_t *state);

/* Copies the list into records[capacity]. Returns its length, gaps between the parts included. */
uint64_t cost_heap_list(struct cost_record *records, uint64_t capacity);

/* Writes the content that a record must have, or checks that these bytes are that content. */
void cost_record_fill(void *to, uint64_t number, uint32_t size, uint32_t version);
bool cost_record_holds(const void *at, uint64_t number, uint32_t size, uint32_t version);
