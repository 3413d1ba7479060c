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
enum { KEPT_MIN = 512 * 1024, SHARE = 2 };

const char *silent_name(enum note_kind kind)
{
	static const char *const names[NOTE_KINDS] = {
		[NOTE_BLOCKS_TWICE] = "blocks-twice",
		[NOTE_MEMORY_KEPT] = "memory-kept",
		[NOTE_THREADS_GONE] = "threads-gone",
		[NOTE_SAME_RANDOM] = "same-random",
		[NOTE_REPORTS] = "reports",
	};
	return (unsigned)kind < NOTE_KINDS ? names[kind] : "unknown";
}

__attribute__((format(printf, 3, 4))) static void add(
	struct cell *cell, enum note_kind kind, const char *format, ...)
{
	struct note *note = &cell->note[cell->notes++];
	va_list arguments;
	note->kind = kind;
	va_start(arguments, format);
	(void)vsnprintf(note->text, sizeof note->text, format, arguments);
	va_end(arguments);
}

/* Of the siblings that came so far; NULL: there are not so many. */
static const struct sibling *sibling_of(const struct examination *e, unsigned index)
{
	for (unsigned i = 0; i < PAGE_SIBLINGS; i++)
		if (atomic_load_explicit(&e->sibling[i].looked, memory_order_acquire) == 1 &&
			index-- == 0)
			return &e->sibling[i];
	return NULL;
}

/* That makes the cell's verdict: the damage is there, whether a trial has met it or not. */
static void count_corruption(struct cell *cell, const struct note *note)
{
	struct tally *tally = calloc(1, sizeof *tally);
	struct finding finding = {
		.verdict = VERDICT_CORRUPTION, .latency_ms = -1, .trial = cell->trials};
	double median = cell->trial_median_ms;
	if (!tally)
		return;
	tally->cell = cell;
	snprintf(finding.sentence, sizeof finding.sentence, "the child: %s", note->text);
	tally_add(tally, VERDICT_CORRUPTION, &finding);
	cell->planned++;
	tally_finish(tally);
	cell->trial_median_ms = median;
	free(tally);
}

static void note_twice(struct cell *cell, const struct sibling *child)
{
	if (child->overlaps == 0)
		return;
	add(cell, NOTE_BLOCKS_TWICE,
		"%" PRIu32 " block%s handed out twice: to one thread of the child, and to another "
		"or to one that is gone, first at 0x%" PRIx64,
		child->overlaps, child->overlaps == 1 ? " was" : "s were", child->overlap_at);
	count_corruption(cell, &cell->note[cell->notes - 1]);
}

static double mib(uint64_t bytes)
{
	return (double)bytes / (1 << 20);
}

static void note_kept(struct cell *cell, const struct examination *e, const struct sibling *child)
{
	if (atomic_load_explicit(&child->freed, memory_order_acquire) != 1 ||
		child->kept_bytes < e->kept_bytes || child->kept_bytes - e->kept_bytes < KEPT_MIN ||
		child->kept_bytes - e->kept_bytes < e->live_bytes / SHARE)
		return;
	add(cell, NOTE_MEMORY_KEPT,
		"when its child had freed all of %.1f MiB, %.1f MiB stayed resident beyond a fresh "
		"process; %.1f MiB where the threads themselves freed it, without a fork",
		mib(e->live_bytes), mib(child->kept_bytes), mib(e->kept_bytes));
}

static void note_gone(struct cell *cell, const struct examination *e, const struct sibling *child)
{
	char name[PAGE_NAME_MAX];
	uint32_t there = child->threads > 0 ? child->threads - 1 : 0;
	if (e->threads <= there)
		return;
	pages_text(name, sizeof name, e->thread, sizeof e->thread);
	add(cell, NOTE_THREADS_GONE,
		"%" PRIu32 " of the allocator's %" PRIu32
		" background thread%s (%s) %s gone in the "
		"child, and nobody does that work there",
		e->threads - there, e->threads, e->threads == 1 ? "" : "s",
		*name ? name : "nameless", e->threads - there == 1 ? "is" : "are");
}

static void note_random(struct cell *cell, const struct examination *e, uint64_t fresh_layout)
{
	const struct sibling *one = sibling_of(e, 0), *other = sibling_of(e, 1);
	if (!other || e->layout == fresh_layout || one->layout != other->layout)
		return;
	add(cell, NOTE_SAME_RANDOM,
		"where its blocks lie is random from process to process, and the same in all "
		"children of one parent: who knows one knows its siblings");
}

void silent_notes(struct cell *cell, const struct examination *examination, uint64_t fresh_layout)
{
	const struct sibling *child = sibling_of(examination, 0);
	cell->notes = 0;
	if (!child)
		return;
	cell->examined = true;
	note_twice(cell, child);
	note_kept(cell, examination, child);
	note_gone(cell, examination, child);
	note_random(cell, examination, fresh_layout);
}
