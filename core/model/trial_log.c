#include "trial_log.h"

#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Taking it out of the shared memory ---- */

struct log_copy {
	struct trial_log *trial_log;
	uint64_t begin_ns, now_ns;
	size_t capacity;
};

static bool is_known(const struct log_entry *entry)
{
	if (entry->kind == EVENT_CALL)
		return entry->op > OP_NONE && entry->op < OP_COUNT;
	if (entry->kind == EVENT_CHILD_STEP)
		return entry->op < CHILD_STEP_COUNT && entry->size <= EVENT_STEPS_MAX;
	return entry->kind == EVENT_FORK || entry->kind == EVENT_LOCK_HELD;
}

static bool is_possible(const struct log_copy *t, const struct log_entry *entry)
{
	return is_known(entry) && entry->begin_ns >= t->begin_ns && entry->begin_ns <= t->now_ns &&
	       (!entry->end_ns ||
		       (entry->end_ns >= entry->begin_ns && entry->end_ns <= t->now_ns)) &&
	       entry->pid[0] > 0 && entry->pid[1] > 0 && entry->tid[0] > 0 && entry->tid[1] > 0;
}

static struct log_entry entry_of(const struct event *event, uint32_t track, bool open)
{
	return (struct log_entry){
		.kind = (enum event_kind)event->kind,
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

static void add_inherited(struct log_copy *t, const struct event_log *event_log)
{
	struct trial_log *r = t->trial_log;
	uint32_t count = atomic_load_explicit(&event_log->inherited, memory_order_acquire);
	for (uint32_t i = 0; i < count && i < EVENT_INHERITED_MAX; i++) {
		const struct event *event = &event_log->inheritance[i];
		struct log_entry entry = entry_of(event, (uint32_t)event->reserved, true);
		if (event->reserved < EVENT_TRACKS && is_possible(t, &entry))
			r->inheritance[r->inherited++] = entry;
		else
			r->damaged++;
	}
}

static void add(struct log_copy *t, const struct event *event, uint32_t track, bool open)
{
	struct trial_log *r = t->trial_log;
	struct log_entry entry = entry_of(event, track, open);
	if (!is_possible(t, &entry) || (!open && !entry.end_ns) || r->entries == t->capacity)
		r->damaged++;
	else
		r->entry[r->entries++] = entry;
}

static void add_open(struct log_copy *t, const struct open_event *open, uint32_t track)
{
	if (atomic_load_explicit(&open->on, memory_order_acquire))
		add(t, &open->event, track, true);
}

static void add_track(struct log_copy *t, const struct event_track *track, uint32_t index)
{
	uint64_t count = atomic_load_explicit(&track->count, memory_order_acquire);
	uint64_t kept = count < EVENTS_PER_TRACK ? count : EVENTS_PER_TRACK;
	t->trial_log->left_out += count - kept;
	for (uint64_t i = count - kept; i < count; i++)
		add(t, &track->event[i % EVENTS_PER_TRACK], index, false);
	add_open(t, &track->call, index);
	add_open(t, &track->fork, index);
	for (int i = 0; i < EVENT_HOLDS_MAX; i++)
		add_open(t, &track->hold[i], index);
}

static int by_begin(const void *a, const void *b)
{
	const struct log_entry *one = a, *other = b;
	if (one->begin_ns != other->begin_ns)
		return one->begin_ns < other->begin_ns ? -1 : 1;
	return (one->track > other->track) - (one->track < other->track);
}

static void copy_fd_table(struct fd_table *to, const struct fd_table *from)
{
	if (!atomic_load_explicit(&from->valid, memory_order_acquire))
		return;
	atomic_store(&to->valid, 1);
	to->pid = from->pid;
	to->count = from->count;
	uint32_t kept = to->count < EVENT_FDS_MAX ? to->count : EVENT_FDS_MAX;
	for (uint32_t i = 0; i < kept; i++) {
		to->file[i].fd = from->file[i].fd;
		ascii_sanitize(
			to->file[i].link, EVENT_LINK_MAX, from->file[i].link, EVENT_LINK_MAX);
	}
}

static void copy_step_names(struct trial_log *to, const struct event_log *from)
{
	to->steps = from->steps < EVENT_STEPS_MAX ? from->steps : EVENT_STEPS_MAX;
	for (uint32_t i = 0; i < to->steps; i++)
		ascii_sanitize(to->step_name[i], SHM_NAME_MAX, from->step_name[i], SHM_NAME_MAX);
}

static void copy_heap(struct heap_state *to, const struct heap_state *from)
{
	if (!atomic_load_explicit(&from->valid, memory_order_acquire))
		return;
	memcpy(to, from, sizeof(*to));
	ascii_sanitize(to->text, sizeof(to->text), from->text, sizeof(from->text));
}

static void take_shm(struct trial_log *r, const struct shm *shm)
{
	uint32_t locks = atomic_load(&shm->locks), workers = shm->plan.workers;
	r->main_tid = r->parent_pid = atomic_load(&shm->main_tid);
	r->workers = workers < SHM_WORKERS_MAX ? workers : SHM_WORKERS_MAX;
	for (uint32_t i = 0; i < r->workers; i++)
		r->worker_tid[i] = atomic_load(&shm->worker_tid[i]);
	for (uint32_t i = 0; i < locks && i < SHM_LOCKS_MAX; i++) {
		struct lock_name *to = &r->lock[r->locks++];
		ascii_sanitize(to->name, sizeof(to->name), shm->lock[i].name, SHM_NAME_MAX);
		to->address = shm->lock[i].address;
		to->size = shm->lock[i].size;
	}
}

/*
 * The pid that fork() returned; else the one that the child has recorded, if it was spawned, or if
 * the parent hangs in fork() after the child was made. 0: unknown.
 */
static int32_t child_of(const struct trial_log *trial_log)
{
	const struct log_entry *fork = trial_log_fork(trial_log);
	if (fork && fork->address)
		return (int32_t)fork->address;
	for (size_t i = 0; i < trial_log->entries; i++)
		if (trial_log->entry[i].track == EVENT_TRACK_CHILD)
			return trial_log->entry[i].pid[1];
	return 0;
}

int trial_log_copy(struct trial_log *trial_log, const struct shm *shm,
	const struct event_log *event_log, uint64_t begin_ns, uint64_t now_ns)
{
	enum { OPEN = 2 + EVENT_HOLDS_MAX };
	struct log_copy t = {.trial_log = trial_log,
		.begin_ns = begin_ns,
		.now_ns = now_ns,
		.capacity = (size_t)EVENT_TRACKS * (EVENTS_PER_TRACK + OPEN)};
	trial_log->entry = calloc(t.capacity, sizeof(*trial_log->entry));
	if (!trial_log->entry)
		return -ENOMEM;
	take_shm(trial_log, shm);
	for (uint32_t i = 0; i < EVENT_TRACKS; i++)
		add_track(&t, &event_log->track[i], i);
	add_inherited(&t, event_log);
	copy_step_names(trial_log, event_log);
	for (int i = 0; i < EVENT_MOMENTS; i++) {
		copy_fd_table(&trial_log->files[i], &event_log->files[i]);
		copy_heap(&trial_log->heap[i], &event_log->heap[i]);
	}
	struct log_entry *fitting =
		realloc(trial_log->entry, (trial_log->entries + 1) * sizeof(*trial_log->entry));
	trial_log->entry = fitting ? fitting : trial_log->entry;
	qsort(trial_log->entry, trial_log->entries, sizeof(*trial_log->entry), by_begin);
	trial_log->child_pid = child_of(trial_log);
	return 0;
}

void trial_log_free(struct trial_log *trial_log)
{
	free(trial_log->entry);
	*trial_log = (struct trial_log){0};
}

/* ---- Asking it ---- */

const struct log_entry *trial_log_fork(const struct trial_log *trial_log)
{
	for (size_t i = 0; i < trial_log->entries; i++)
		if (trial_log->entry[i].kind == EVENT_FORK)
			return &trial_log->entry[i];
	return NULL;
}

const char *trial_log_lock_name(const struct trial_log *trial_log, uint64_t address)
{
	for (unsigned i = 0; i < trial_log->locks; i++) {
		const struct lock_name *lock = &trial_log->lock[i];
		if (address >= lock->address && address - lock->address < lock->size)
			return lock->name;
	}
	return NULL;
}

char *trial_log_thread(
	const struct trial_log *trial_log, const struct log_entry *entry, char *text, size_t size)
{
	/* Each thread has a track; further threads of a child share the child's. */
	if (entry->track == EVENT_TRACK_CHILD)
		snprintf(text, size, "%s",
			entry->pid[1] == entry->tid[1] ? "child" : "child's thread");
	else if (entry->track < trial_log->workers)
		snprintf(text, size, "worker %" PRIu32, entry->track);
	else
		snprintf(text, size, "main");
	return text;
}

static const char *step_name(const struct trial_log *trial_log, const struct log_entry *entry)
{
	bool named = entry->op == CHILD_STEP_NAMED && entry->size < trial_log->steps;
	return named ? trial_log->step_name[entry->size] : child_step_name(entry->op);
}

char *trial_log_what(
	const struct trial_log *trial_log, const struct log_entry *entry, char *text, size_t size)
{
	const char *lock;
	switch (entry->kind) {
	case EVENT_CALL:
		call_text(text, size, entry->op, entry->size);
		break;
	case EVENT_FORK:
		if (entry->end_ns)
			snprintf(text, size, "fork() = %" PRIu64, entry->address);
		else
			snprintf(text, size, "fork()");
		break;
	case EVENT_CHILD_STEP:
		snprintf(text, size, "step %s", step_name(trial_log, entry));
		break;
	default:
		lock = trial_log_lock_name(trial_log, entry->address);
		snprintf(text, size, "holds %s", lock ? lock : "a lock");
	}
	return text;
}

const struct fd_entry *fd_table_find(const struct fd_table *files, int32_t fd)
{
	uint32_t kept = files->count < EVENT_FDS_MAX ? files->count : EVENT_FDS_MAX;
	for (uint32_t i = 0; i < kept; i++)
		if (files->file[i].fd == fd)
			return &files->file[i];
	return NULL;
}

bool fd_table_same(const struct fd_entry *one, const struct fd_entry *other)
{
	return one && other && one->fd == other->fd && strcmp(one->link, other->link) == 0;
}
