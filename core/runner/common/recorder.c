#include "recorder.h"

#include "event_log.h"
#include "runner.h"
#include "runner_clock.h"
#include "shm_attach.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The private half of a track: the child inherits it, and with it what its thread had begun in the
 * parent.
 */
struct recorder {
	struct event_track *track;
	struct event call, fork, hold[EVENT_HOLDS_MAX]; /* kind 0: none */
};

static struct event_log *event_log;
static struct recorder recorders[EVENT_TRACKS];

int recorder_attach(int fd)
{
	event_log = shm_map_at(fd, EVENT_LOG_OFFSET, sizeof(*event_log), 0);
	if (!event_log)
		return -errno;
	for (int i = 0; i < EVENT_TRACKS; i++)
		recorders[i].track = &event_log->track[i];
	return 0;
}

struct event_log *recorder_log(void)
{
	return event_log;
}

struct recorder *recorder_of_task(uint32_t index)
{
	return event_log && index < EVENT_TRACK_CHILD ? &recorders[index] : NULL;
}

struct recorder *recorder_of_child(void)
{
	return event_log ? &recorders[EVENT_TRACK_CHILD] : NULL;
}

void recorder_use_child_track(struct recorder *recorder)
{
	if (recorder)
		recorder->track = &event_log->track[EVENT_TRACK_CHILD];
}

/* Not getpid() and gettid(): after a raw clone, libc still returns the parent's. */
static void set_ids(struct event *event, int event_end)
{
	event->pid[event_end] = (int32_t)syscall(SYS_getpid);
	event->tid[event_end] = (int32_t)syscall(SYS_gettid);
}

static struct event event_begin(enum event_kind kind, uint32_t op, uint64_t size, uint64_t address)
{
	struct event event = {
		.kind = kind, .op = op, .size = size, .address = address, .begin_ns = clock_ns()};
	set_ids(&event, 0);
	return event;
}

static void event_end(struct event *event)
{
	set_ids(event, 1);
	event->end_ns = clock_ns();
}

/*
 * A signal handler may interrupt this and record an event: so a slot is reserved before it is
 * written, and is valid once its kind is stored, which is last.
 */
static void track_put(struct event_track *track, const struct event *event)
{
	uint64_t number = atomic_fetch_add(&track->count, 1);
	struct event *slot = &track->event[number % EVENTS_PER_TRACK];
	*(volatile uint32_t *)&slot->kind = EVENT_NONE;
	struct event whole = *event;
	whole.kind = EVENT_NONE;
	*slot = whole;
	atomic_thread_fence(memory_order_release);
	*(volatile uint32_t *)&slot->kind = event->kind;
}

static void open_event_set(struct open_event *open, const struct event *event)
{
	open->event = *event;
	atomic_store_explicit(&open->on, 1, memory_order_release);
}

static void open_event_clear(struct open_event *open)
{
	atomic_store_explicit(&open->on, 0, memory_order_release);
}

void recorder_call_begin(struct recorder *recorder, enum heap_op op, size_t size)
{
	recorder->call = event_begin(EVENT_CALL, op, size, 0);
	open_event_set(&recorder->track->call, &recorder->call);
}

void recorder_call_end(struct recorder *recorder, const void *block)
{
	recorder->call.address = (uintptr_t)block;
	event_end(&recorder->call);
	track_put(recorder->track, &recorder->call);
	open_event_clear(&recorder->track->call);
	recorder->call.kind = EVENT_NONE;
}

/* The index of a name's copy in the log; EVENT_STEPS_MAX if there is no room. */
static uint32_t add_step_name(const char *name)
{
	uint32_t index = event_log->steps;
	if (index >= EVENT_STEPS_MAX)
		return EVENT_STEPS_MAX;
	strncpy(event_log->step_name[index], name, SHM_NAME_MAX - 1);
	event_log->steps = index + 1;
	return index;
}

void recorder_child_step(struct recorder *recorder, enum child_step step, const char *name)
{
	uint32_t index = name ? add_step_name(name) : 0;
	struct event event = event_begin(EVENT_CHILD_STEP, step, index, 0);
	event_end(&event);
	track_put(recorder->track, &event);
}

void recorder_fork_begin(struct recorder *recorder)
{
	recorder->fork = event_begin(EVENT_FORK, 0, 0, 0);
	open_event_set(&recorder->track->fork, &recorder->fork);
}

void recorder_fork_end(struct recorder *recorder, pid_t child)
{
	recorder->fork.address = (uint64_t)child;
	event_end(&recorder->fork);
	track_put(recorder->track, &recorder->fork);
	open_event_clear(&recorder->track->fork);
}

static void inherit(const struct event *event, uint64_t track)
{
	uint32_t count = atomic_load_explicit(&event_log->inherited, memory_order_relaxed);
	if (event->kind == EVENT_NONE || count == EVENT_INHERITED_MAX)
		return;
	event_log->inheritance[count] = *event;
	event_log->inheritance[count].reserved = track;
	atomic_store_explicit(&event_log->inherited, count + 1, memory_order_release);
}

void recorder_inherit(void)
{
	for (int i = 0; event_log && i < EVENT_TRACKS; i++) {
		inherit(&recorders[i].call, (uint64_t)i);
		for (int hold = 0; hold < EVENT_HOLDS_MAX; hold++)
			inherit(&recorders[i].hold[hold], (uint64_t)i);
	}
}

/* ---- Named locks ---- */

static struct recorder *recorder_of_thread(void)
{
	struct task *me = event_log ? lab_self() : NULL;
	return me ? me->recorder : NULL;
}

/*
 * In a child's atfork handlers, before recorder_use_child_track(), and in the children of
 * lab_fork_concurrent(), the track is still the parent's, which continues to write to it.
 */
static bool is_parent_track(const struct recorder *recorder, int32_t pid)
{
	return pid != runner.pid && recorder->track != &event_log->track[EVENT_TRACK_CHILD];
}

void lab_lock_acquired(const void *lock)
{
	struct recorder *recorder = recorder_of_thread();
	int i = 0;
	while (recorder && i < EVENT_HOLDS_MAX && recorder->hold[i].kind != EVENT_NONE)
		i++;
	if (!recorder || i == EVENT_HOLDS_MAX)
		return;
	recorder->hold[i] = event_begin(EVENT_LOCK_HELD, 0, 0, (uintptr_t)lock);
	if (!is_parent_track(recorder, recorder->hold[i].pid[0]))
		open_event_set(&recorder->track->hold[i], &recorder->hold[i]);
}

void lab_lock_released(const void *lock)
{
	struct recorder *recorder = recorder_of_thread();
	for (int i = 0; recorder && i < EVENT_HOLDS_MAX; i++) {
		struct event *hold = &recorder->hold[i];
		if (hold->kind == EVENT_NONE || hold->address != (uintptr_t)lock)
			continue;
		event_end(hold);
		if (!is_parent_track(recorder, hold->pid[1])) {
			track_put(recorder->track, hold);
			open_event_clear(&recorder->track->hold[i]);
		}
		hold->kind = EVENT_NONE;
		return;
	}
}

void lab_note_lock_acquired(const void *lock)
{
	lab_lock_acquired(lock);
}

void lab_note_lock_released(const void *lock)
{
	lab_lock_released(lock);
}
