#include "silent_damage.h"

#include "shm_map.h"
#include "tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
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

__attribute__((format(printf, 3, 4))) static void add_damage(
	struct cell *cell, enum damage_kind kind, const char *format, ...)
{
	struct damage *note = &cell->note[cell->notes++];
	va_list arguments;
	note->kind = kind;
	va_start(arguments, format);
	(void)vsnprintf(note->text, sizeof(note->text), format, arguments);
	va_end(arguments);
}

/* Of the siblings that came so far; NULL: there are not so many. */
static const struct sibling *sibling_of(const struct heap_check *e, unsigned index)
{
	for (unsigned i = 0; i < SHM_SIBLINGS; i++)
		if (atomic_load_explicit(&e->sibling[i].checked, memory_order_acquire) == 1 &&
			index-- == 0)
			return &e->sibling[i];
	return NULL;
}

/* That makes the cell's verdict: the damage is there, whether a trial has met it or not. */
static void count_corruption(struct cell *cell, const struct damage *note)
{
	struct tally *tally = calloc(1, sizeof(*tally));
	struct finding finding = {
		.verdict = VERDICT_CORRUPTION, .latency_ms = -1, .trial = cell->trials};
	double median = cell->trial_median_ms;
	if (!tally)
		return;
	tally->cell = cell;
	snprintf(finding.sentence, sizeof(finding.sentence), "the child: %s", note->text);
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
	add_damage(cell, DAMAGE_DOUBLE_ALLOCATION,
		"%" PRIu32 " block%s handed out twice: to one thread of the child, and to another "
		"or to one that is gone, first at 0x%" PRIx64,
		child->overlaps, child->overlaps == 1 ? " was" : "s were", child->overlap_at);
	count_corruption(cell, &cell->note[cell->notes - 1]);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void check_stranded_memory(
	struct cell *cell, const struct heap_check *e, const struct sibling *child)
{
	if (atomic_load_explicit(&child->freed, memory_order_acquire) != 1 ||
		child->retained_bytes < e->retained_bytes ||
		child->retained_bytes - e->retained_bytes < STRANDED_MIN_BYTES ||
		child->retained_bytes - e->retained_bytes < e->live_bytes / STRANDED_LIVE_DIVISOR)
		return;
	add_damage(cell, DAMAGE_STRANDED_MEMORY,
		"when its child had freed all of %.1f MiB, %.1f MiB stayed resident beyond a fresh "
		"process; %.1f MiB where the threads themselves freed it, without a fork",
		mib(e->live_bytes), mib(child->retained_bytes), mib(e->retained_bytes));
}

static void check_lost_threads(
	struct cell *cell, const struct heap_check *e, const struct sibling *child)
{
	char name[SHM_NAME_MAX];
	uint32_t surviving = child->threads > 0 ? child->threads - 1 : 0;
	if (e->threads <= surviving)
		return;
	ascii_sanitize(name, sizeof(name), e->thread, sizeof(e->thread));
	add_damage(cell, DAMAGE_LOST_THREADS,
		"%" PRIu32 " of the allocator's %" PRIu32
		" background thread%s (%s) %s gone in the "
		"child, and nobody does that work there",
		e->threads - surviving, e->threads, e->threads == 1 ? "" : "s",
		*name ? name : "nameless", e->threads - surviving == 1 ? "is" : "are");
}

static void check_shared_layout(
	struct cell *cell, const struct heap_check *e, uint64_t fresh_layout)
{
	const struct sibling *one = sibling_of(e, 0), *other = sibling_of(e, 1);
	if (!other || e->layout == fresh_layout || one->layout != other->layout)
		return;
	add_damage(cell, DAMAGE_SHARED_LAYOUT,
		"where its blocks lie is random from process to process, and the same in all "
		"children of one parent: who knows one knows its siblings");
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
