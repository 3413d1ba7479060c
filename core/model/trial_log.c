#include "trial_log.h"

#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Taking it out of the shared memory ---- */

struct taking {
	struct recording *recording;
	uint64_t begin_ns, now_ns;
	size_t room;
};

static bool is_known(const struct entry *entry)
{
	if (entry->kind == TRACE_CALL)
		return entry->op > OP_NONE && entry->op < OP_COUNT;
	if (entry->kind == TRACE_STEP)
		return entry->op < STEP_COUNT;
	return entry->kind == TRACE_FORK || entry->kind == TRACE_HOLD;
}

static bool is_possible(const struct taking *t, const struct entry *entry)
{
	return is_known(entry) && entry->begin_ns >= t->begin_ns && entry->begin_ns <= t->now_ns &&
	       (!entry->end_ns ||
		       (entry->end_ns >= entry->begin_ns && entry->end_ns <= t->now_ns)) &&
	       entry->pid[0] > 0 && entry->pid[1] > 0 && entry->tid[0] > 0 && entry->tid[1] > 0;
}

static struct entry entry_of(const struct trace_event *event, uint32_t track, bool open)
{
	return (struct entry){
		.kind = (enum trace_kind)event->kind,
		.op = event->op,
		.size = event->size,
		.address = event->address,
		.begin_ns = event->begin_ns,
		.end_ns = open ? 0 : event->end_ns,
		.pid = {event->pid[0], event->pid[open ? 0 : 1]},
		.tid = {event->tid[0], event->tid[open ? 0 : 1]},
		.track = track,
	};
}

static void add_inherited(struct taking *t, const struct trace *trace)
{
	struct recording *r = t->recording;
	uint32_t count = atomic_load_explicit(&trace->inherited, memory_order_acquire);
	for (uint32_t i = 0; i < count && i < TRACE_INHERITED; i++) {
		const struct trace_event *event = &trace->inheritance[i];
		struct entry entry = entry_of(event, (uint32_t)event->reserved, true);
		if (event->reserved < TRACE_TRACKS && is_possible(t, &entry))
			r->inheritance[r->inherited++] = entry;
		else
			r->damaged++;
	}
}

static void add(struct taking *t, const struct trace_event *event, uint32_t track, bool open)
{
	struct recording *r = t->recording;
	struct entry entry = entry_of(event, track, open);
	if (!is_possible(t, &entry) || (!open && !entry.end_ns) || r->entries == t->room)
		r->damaged++;
	else
		r->entry[r->entries++] = entry;
}

static void add_open(struct taking *t, const struct trace_open *open, uint32_t track)
{
	if (atomic_load_explicit(&open->on, memory_order_acquire))
		add(t, &open->event, track, true);
}

static void add_track(struct taking *t, const struct trace_track *track, uint32_t index)
{
	uint64_t count = atomic_load_explicit(&track->count, memory_order_acquire);
	uint64_t kept = count < TRACE_EVENTS ? count : TRACE_EVENTS;
	t->recording->left_out += count - kept;
	for (uint64_t i = count - kept; i < count; i++)
		add(t, &track->event[i % TRACE_EVENTS], index, false);
	add_open(t, &track->call, index);
	add_open(t, &track->fork, index);
	for (int i = 0; i < TRACE_HOLDS; i++)
		add_open(t, &track->hold[i], index);
}

static int by_begin(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	if (one->begin_ns != other->begin_ns)
		return one->begin_ns < other->begin_ns ? -1 : 1;
	return (one->track > other->track) - (one->track < other->track);
}

static void take_files(struct trace_files *to, const struct trace_files *from)
{
	if (!atomic_load_explicit(&from->looked, memory_order_acquire))
		return;
	atomic_store(&to->looked, 1);
	to->pid = from->pid;
	to->count = from->count;
	uint32_t kept = to->count < TRACE_FILES ? to->count : TRACE_FILES;
	for (uint32_t i = 0; i < kept; i++) {
		to->file[i].fd = from->file[i].fd;
		pages_text(to->file[i].link, TRACE_LINK_MAX, from->file[i].link, TRACE_LINK_MAX);
	}
}

static void take_heap(struct trace_heap *to, const struct trace_heap *from)
{
	if (!atomic_load_explicit(&from->looked, memory_order_acquire))
		return;
	memcpy(to, from, sizeof *to);
	pages_text(to->text, sizeof to->text, from->text, sizeof from->text);
}

static void take_page(struct recording *r, const struct page *page)
{
	uint32_t locks = atomic_load(&page->locks), workers = page->plan.workers;
	r->main_tid = r->parent_pid = atomic_load(&page->main_tid);
	r->workers = workers < PAGE_WORKERS_MAX ? workers : PAGE_WORKERS_MAX;
	for (uint32_t i = 0; i < r->workers; i++)
		r->worker_tid[i] = atomic_load(&page->worker_tid[i]);
	for (uint32_t i = 0; i < locks && i < PAGE_LOCKS_MAX; i++) {
		struct lock_name *to = &r->lock[r->locks++];
		pages_text(to->name, sizeof to->name, page->lock[i].name, PAGE_NAME_MAX);
		to->address = page->lock[i].address;
		to->size = page->lock[i].size;
	}
}

/* As fork() told, or as the child did that was spawned instead of forked. 0: not known. */
static int32_t child_of(const struct recording *recording)
{
	const struct entry *fork = recording_fork(recording);
	if (fork)
		return (int32_t)fork->address;
	for (size_t i = 0; i < recording->entries; i++)
		if (recording->entry[i].track == TRACE_CHILD)
			return recording->entry[i].pid[1];
	return 0;
}

int recording_take(struct recording *recording, const struct page *page, const struct trace *trace,
	uint64_t begin_ns, uint64_t now_ns)
{
	enum { OPEN = 2 + TRACE_HOLDS };
	struct taking t = {.recording = recording,
		.begin_ns = begin_ns,
		.now_ns = now_ns,
		.room = (size_t)TRACE_TRACKS * (TRACE_EVENTS + OPEN)};
	recording->entry = calloc(t.room, sizeof *recording->entry);
	if (!recording->entry)
		return -ENOMEM;
	take_page(recording, page);
	for (uint32_t i = 0; i < TRACE_TRACKS; i++)
		add_track(&t, &trace->track[i], i);
	add_inherited(&t, trace);
	for (int i = 0; i < TRACE_MOMENTS; i++) {
		take_files(&recording->files[i], &trace->files[i]);
		take_heap(&recording->heap[i], &trace->heap[i]);
	}
	struct entry *fitting =
		realloc(recording->entry, (recording->entries + 1) * sizeof *recording->entry);
	recording->entry = fitting ? fitting : recording->entry;
	qsort(recording->entry, recording->entries, sizeof *recording->entry, by_begin);
	recording->child_pid = child_of(recording);
	return 0;
}

void recording_free(struct recording *recording)
{
	free(recording->entry);
	*recording = (struct recording){0};
}

/* ---- Asking it ---- */

const struct entry *recording_fork(const struct recording *recording)
{
	for (size_t i = 0; i < recording->entries; i++)
		if (recording->entry[i].kind == TRACE_FORK)
			return &recording->entry[i];
	return NULL;
}

const char *recording_lock(const struct recording *recording, uint64_t address)
{
	for (unsigned i = 0; i < recording->locks; i++) {
		const struct lock_name *lock = &recording->lock[i];
		if (address >= lock->address && address - lock->address < lock->size)
			return lock->name;
	}
	return NULL;
}

char *recording_thread(
	const struct recording *recording, const struct entry *entry, char *text, size_t size)
{
	/* The track is the actor's; a child's second thread goes on in its first one's. */
	if (entry->track == TRACE_CHILD)
		snprintf(text, size, "%s",
			entry->pid[1] == entry->tid[1] ? "child" : "child's thread");
	else if (entry->track < recording->workers)
		snprintf(text, size, "worker %" PRIu32, entry->track);
	else
		snprintf(text, size, "main");
	return text;
}

char *recording_what(
	const struct recording *recording, const struct entry *entry, char *text, size_t size)
{
	const char *lock;
	switch (entry->kind) {
	case TRACE_CALL:
		pages_call(text, size, entry->op, entry->size);
		break;
	case TRACE_FORK:
		if (entry->end_ns)
			snprintf(text, size, "fork() = %" PRIu64, entry->address);
		else
			snprintf(text, size, "fork()");
		break;
	case TRACE_STEP:
		snprintf(text, size, "step %s", pages_step_name(entry->op));
		break;
	default:
		lock = recording_lock(recording, entry->address);
		snprintf(text, size, "holds %s", lock ? lock : "a lock");
	}
	return text;
}

const struct trace_file *files_find(const struct trace_files *files, int32_t fd)
{
	uint32_t kept = files->count < TRACE_FILES ? files->count : TRACE_FILES;
	for (uint32_t i = 0; i < kept; i++)
		if (files->file[i].fd == fd)
			return &files->file[i];
	return NULL;
}

bool files_same(const struct trace_file *one, const struct trace_file *other)
{
	return one && other && one->fd == other->fd && strcmp(one->link, other->link) == 0;
}
