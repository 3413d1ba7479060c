#include "silent_damage.h"

#include "shm_map.h"
#include "tally.h"

#include <stdlib.h>

/*
 * Memory that a child keeps beyond what its parent keeps without a fork: bytes from which on it is
 * worth a note, and at least the SHARE-th part of all that was live. Less may be chance: a small
 * block that is cached in the wrong place keeps an arena's end from being trimmed.
 */
enum { STRANDED_MIN_BYTES = 512 * 1024, STRANDED_LIVE_DIVISOR = 2 };

const char *silent_damage_name(enum damage_kind kind)
{
	static const char *const names[DAMAGE_KINDS] = {
		[DAMAGE_DOUBLE_ALLOCATION] = "blocks-twice",
		[DAMAGE_STRANDED_MEMORY] = "memory-kept",
		[DAMAGE_LOST_THREADS] = "threads-gone",
		[DAMAGE_SHARED_LAYOUT] = "same-random",
		[DAMAGE_CHECKER_REPORTS] = "reports",
	};
	return (unsigned)kind < DAMAGE_KINDS ? names[kind] : "unknown";
}

static void add_damage(struct cell *cell, struct damage damage)
{
	cell->note[cell->notes++] = damage;
}

/* The n-th sibling that has finished its checks; NULL: there are not so many. */
static const struct sibling *sibling_of(const struct heap_check *e, unsigned index)
{
	for (unsigned i = 0; i < SHM_SIBLINGS; i++)
		if (atomic_load_explicit(&e->sibling[i].checked, memory_order_acquire) == 1 &&
			index-- == 0)
			return &e->sibling[i];
	return NULL;
}

/* Decides the cell's verdict: the damage is there, whether a trial has met it or not. */
static void count_corruption(struct cell *cell, const struct damage *damage)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct finding finding = {.verdict = VERDICT_CORRUPTION,
		.cause = CAUSE_DOUBLE_BLOCKS,
		.latency_ms = -1,
		.trial = cell->trials,
		.block = damage->address,
		.blocks = damage->count};
	double median = cell->trial_median_ms;
	if (!tally)
		return;
	tally->cell = cell;
	tally_add(tally, VERDICT_CORRUPTION, &finding);
	cell->planned++;
	tally_finish(tally);
	cell->trial_median_ms = median;
	free(tally);
}

static void check_double_allocation(struct cell *cell, const struct sibling *child)
{
	if (child->overlaps == 0)
		return;
	add_damage(cell, (struct damage){.kind = DAMAGE_DOUBLE_ALLOCATION,
				 .count = child->overlaps,
				 .address = child->overlap_at});
	count_corruption(cell, &cell->note[cell->notes - 1]);
}

static void check_stranded_memory(
	struct cell *cell, const struct heap_check *e, const struct sibling *child)
{
	if (atomic_load_explicit(&child->freed, memory_order_acquire) != 1 ||
		child->retained_bytes < e->retained_bytes ||
		child->retained_bytes - e->retained_bytes < STRANDED_MIN_BYTES ||
		child->retained_bytes - e->retained_bytes < e->live_bytes / STRANDED_LIVE_DIVISOR)
		return;
	add_damage(cell, (struct damage){.kind = DAMAGE_STRANDED_MEMORY,
				 .live = e->live_bytes,
				 .child = child->retained_bytes,
				 .parent = e->retained_bytes});
}

static void check_lost_threads(
	struct cell *cell, const struct heap_check *e, const struct sibling *child)
{
	uint32_t surviving = child->threads > 0 ? child->threads - 1 : 0;
	if (e->threads <= surviving)
		return;
	struct damage damage = {
		.kind = DAMAGE_LOST_THREADS, .count = e->threads - surviving, .total = e->threads};
	ascii_sanitize(damage.name, sizeof(damage.name), e->thread, sizeof(e->thread));
	add_damage(cell, damage);
}

static void check_shared_layout(
	struct cell *cell, const struct heap_check *e, uint64_t fresh_layout)
{
	const struct sibling *one = sibling_of(e, 0), *other = sibling_of(e, 1);
	if (!other || e->layout == fresh_layout || one->layout != other->layout)
		return;
	add_damage(cell, (struct damage){.kind = DAMAGE_SHARED_LAYOUT});
}

void silent_damage_find(
	struct cell *cell, const struct heap_check *heap_check, uint64_t fresh_layout)
{
	const struct sibling *child = sibling_of(heap_check, 0);
	cell->notes = 0;
	if (!child)
		return;
	cell->heap_checked = true;
	check_double_allocation(cell, child);
	check_stranded_memory(cell, heap_check, child);
	check_lost_threads(cell, heap_check, child);
	check_shared_layout(cell, heap_check, fresh_layout);
}
