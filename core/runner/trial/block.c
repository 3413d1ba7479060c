/*
 * Blocks filled with a pattern that follows from their tag. A block that overlaps another one, or
 * that was overwritten, no longer holds its pattern.
 */
#include "block.h"

#include "../common/runner.h"
#include "failure.h"
#include "scenario.h"
#include "task.h"
#include "trial.h"

#include <string.h>

/* How much of a block is written and checked. */
static struct {
	size_t whole_max; /* bytes: up to here every word */
	size_t ends;      /* bytes at both ends of a larger block */
	size_t stride;    /* bytes between two words in the middle of it */
} extent = {.whole_max = 1024, .ends = 256, .stride = 32 * 1024};

void block_use_sparse_pattern(void)
{
	extent.whole_max = 16;
	extent.ends = 8;
	extent.stride = SIZE_MAX / 2;
}

/*
 * 256 to 1024 are left out: mimalloc 2.0.9 misaligns such blocks (docs/findings.md), which has
 * nothing to do with fork and would hide other findings.
 */
static const size_t alignments[] = {64, 128, 4096};

/* By alignment kind; of malloc: for blocks that could hold an object that needs it. */
static const uint32_t required[ALIGNMENT_KINDS] = {
	[ALIGNMENT_MALLOC] = _Alignof(max_align_t),
	[ALIGNMENT_64] = 64,
	[ALIGNMENT_128] = 128,
	[ALIGNMENT_4096] = 4096,
};

typedef bool visit_word(unsigned char *at, uint64_t word, size_t bytes);

static bool word_put(unsigned char *at, uint64_t word, size_t bytes)
{
	memcpy(at, &word, bytes);
	return true;
}

static bool word_same(unsigned char *at, uint64_t word, size_t bytes)
{
	return memcmp(at, &word, bytes) == 0;
}

static bool word_zero(unsigned char *at, uint64_t word, size_t bytes)
{
	(void)word;
	uint64_t zero = 0;
	return memcmp(at, &zero, bytes) == 0;
}

static uint64_t word_at(uint32_t tag, size_t offset)
{
	return (tag + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ offset;
}

static inline bool visit_range(
	unsigned char *at, uint32_t tag, size_t from, size_t to, visit_word *visit)
{
	for (size_t offset = from; offset < to; offset += 8) {
		size_t bytes = to - offset < 8 ? to - offset : 8;
		if (!visit(at + offset, word_at(tag, offset), bytes))
			return false;
	}
	return true;
}

/* Visits the sampled words of the first `size` bytes of a block that is `whole` bytes long. */
static inline bool visit_block(
	unsigned char *at, uint32_t tag, size_t whole, size_t size, visit_word *visit)
{
	if (whole <= extent.whole_max)
		return visit_range(at, tag, 0, size, visit);
	for (size_t offset = extent.stride; offset + 8 <= size; offset += extent.stride)
		if (!visit(at + offset, word_at(tag, offset), 8))
			return false;
	size_t tail = (whole - extent.ends) & ~(size_t)7;
	return visit_range(at, tag, 0, size < extent.ends ? size : extent.ends, visit) &&
	       (size <= tail || visit_range(at, tag, tail, size, visit));
}

static void passed(struct task *task)
{
	if (task->in_child)
		atomic_fetch_add_explicit(&trial_current()->checks, 1, memory_order_relaxed);
}

static void require(
	struct task *task, bool holds, enum failure_kind kind, const struct block *block)
{
	if (!holds)
		failure_exit(task, kind, block->at, block->size);
	passed(task);
}

static void publish(struct task *task, struct block *block, void *at, size_t size)
{
	block->at = at;
	block->size = size;
	block->tag = task->index << 24 | (task->next_tag++ & 0xffffff);
	visit_block(block->at, block->tag, size, size, word_put);
	atomic_store_explicit(&block->live, 1, memory_order_release);
}

/* Of aligned_alloc with one of alignments[]; 0: malloc or calloc. */
static unsigned alignment_kind(size_t alignment)
{
	unsigned kind = ALIGNMENT_MALLOC;
	while (kind + 1 < ALIGNMENT_KINDS && required[kind] != alignment)
		kind++;
	return alignment ? kind : ALIGNMENT_MALLOC;
}

/*
 * C17 7.22.3: suitably aligned for any object that fits, so small blocks may be less aligned. What
 * the allocator does without any fork is no finding about forks.
 */
static bool aligned_enough(const void *at, size_t size, size_t alignment)
{
	unsigned kind = alignment_kind(alignment);
	uint32_t usual = runner.shm->plan.alignment[kind];
	size_t need = size >= required[kind] ? required[kind] : 1;
	if (usual && usual < need)
		need = usual;
	return (uintptr_t)at % need == 0;
}

static void note_alignment(struct alignment *alignment, const void *at, size_t size)
{
	uint32_t actual = alignment->required;
	while (actual > 1 && (uintptr_t)at % actual != 0)
		actual /= 2;
	if (!at || size < alignment->required || actual == alignment->required ||
		(alignment->actual && actual >= alignment->actual))
		return;
	alignment->actual = actual;
	alignment->size = size;
}

static void measure_size(struct alignment alignment[ALIGNMENT_KINDS], size_t size)
{
	enum { EACH = 3 };
	void *block[EACH][ALIGNMENT_KINDS + 1];
	for (unsigned i = 0; i < EACH; i++) {
		for (unsigned kind = 0; kind < ALIGNMENT_KINDS; kind++) {
			size_t need = required[kind], whole = (size + need - 1) & ~(need - 1);
			bool plain = kind == ALIGNMENT_MALLOC;
			block[i][kind] = plain ? lab_heap->malloc(size)
					       : lab_heap->aligned_alloc(need, whole);
			note_alignment(&alignment[kind], block[i][kind], plain ? size : whole);
		}
		block[i][ALIGNMENT_KINDS] = lab_heap->calloc(1, size);
		note_alignment(&alignment[ALIGNMENT_MALLOC], block[i][ALIGNMENT_KINDS], size);
	}
	for (unsigned i = 0; i < EACH; i++)
		for (unsigned kind = 0; kind <= ALIGNMENT_KINDS; kind++)
			lab_heap->free(block[i][kind]);
}

void block_measure_alignment(struct alignment alignment[ALIGNMENT_KINDS])
{
	static const size_t sizes[] = {1500, 2000, 4000, 5000, 6000, 8184, 9000, 20000, 40000,
		70000, 140000, 200000, 600000};
	for (unsigned kind = 0; kind < ALIGNMENT_KINDS; kind++)
		alignment[kind].required = required[kind];
	for (size_t size = 16; size <= 1040; size += 8)
		measure_size(alignment, size);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		measure_size(alignment, sizes[i]);
}

void lab_block_new(struct task *task, struct block *block, enum heap_op op, size_t size)
{
	size_t alignment = 0;
	void *at;
	if (op == OP_ALIGNED_ALLOC) {
		alignment = alignments[lab_random_below(
			task, sizeof(alignments) / sizeof(alignments[0]))];
		size = (size + alignment - 1) & ~(alignment - 1);
		at = lab_aligned_alloc(task, alignment, size);
	} else if (op == OP_CALLOC) {
		at = lab_calloc(task, 1, size);
	} else {
		at = lab_malloc(task, size);
	}
	struct block fresh = {.at = at, .size = size};
	require(task, at != NULL, FAILURE_NO_MEMORY, &fresh);
	require(task, aligned_enough(at, size, alignment), FAILURE_MISALIGNED, &fresh);
	if (op == OP_CALLOC)
		require(task, visit_block(at, 0, size, size, word_zero), FAILURE_NOT_ZERO, &fresh);
	publish(task, block, at, size);
}

bool block_is_intact(const struct block *block)
{
	return visit_block(block->at, block->tag, block->size, block->size, word_same);
}

void lab_block_check(struct task *task, const struct block *block)
{
	require(task, block_is_intact(block), FAILURE_OVERWRITTEN, block);
}

void lab_block_resize(struct task *task, struct block *block, size_t size)
{
	lab_block_check(task, block);
	atomic_store_explicit(&block->live, 0, memory_order_release);
	size_t common = size < block->size ? size : block->size;
	unsigned char *moved = lab_realloc(task, block->at, size);
	struct block now = {.at = moved, .size = common};
	require(task, moved != NULL, FAILURE_NO_MEMORY, &now);
	require(task, visit_block(moved, block->tag, block->size, common, word_same),
		FAILURE_OVERWRITTEN, &now);
	publish(task, block, moved, size);
}

void lab_block_free(struct task *task, struct block *block)
{
	lab_block_check(task, block);
	/* First not live, then freed: a fork in between leaks the block instead of freeing it
	 * twice. */
	atomic_store_explicit(&block->live, 0, memory_order_release);
	lab_free(task, block->at);
}
