#include "recorder.h"

#include "event_log.h"
#include "runner.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The private half of a track: a child inherits it, and knows what its thread had begun in the
 * parent.
 */
struct recorder {
	struct trace_track *track;
	struct trace_event call, fork, hold[TRACE_HOLDS]; /* kind 0: none */
};

static struct trace *trace;
static struct recorder recorders[TRACE_TRACKS];

int record_attach(int fd)
{
	struct stat status;
	if (fstat(fd, &status) != 0)
		return -errno;
	if (status.st_size != (off_t)(TRACE_OFFSET + sizeof *trace))
		return -EINVAL;
	void *map = mmap(NULL, sizeof *trace, PROT_READ | PROT_WRITE, MAP_SHARED, fd, TRACE_OFFSET);
	if (map == MAP_FAILED)
		return -errno;
	trace = map;
	for (int i = 0; i < TRACE_TRACKS; i++)
		recorders[i].track = &trace->track[i];
	return 0;
}

struct trace *record_trace(void)
{
	return trace;
}

struct recorder *record_of_actor(uint32_t index)
{
	return trace && index < TRACE_CHILD ? &recorders[index] : NULL;
}

struct recorder *record_of_child(void)
{
	return trace ? &recorders[TRACE_CHILD] : NULL;
}

void record_move(struct recorder *recorder)
{
	if (recorder)
		recorder->track = &trace->track[TRACE_CHILD];
}

/* Not getpid() and gettid(): after a raw clone libc goes on telling the parent's. */
static void sign(struct trace_event *event, int end)
{
	event->pid[end] = (int32_t)syscall(SYS_getpid);
	event->tid[end] = (int32_t)syscall(SYS_gettid);
}

static struct trace_event begun(enum trace_kind kind, uint32_t op, uint64_t size, uint64_t address)
{
	struct trace_event event = {
		.kind = kind, .op = op, .size = size, .address = address, .begin_ns = clock_ns()};
	sign(&event, 0);
	return event;
}

static void end(struct trace_event *event)
{
	sign(event, 1);
	event->end_ns = clock_ns();
}

/*
 * A signal handler may record something in the middle of this: every event has a place of its own
 * before it is written, and is valid with its kind, which comes last.
 */
static void put(struct trace_track *track, const struct trace_event *event)
{
	uint64_t number = atomic_fetch_add(&track->count, 1);
	struct trace_event *place = &track->event[number % TRACE_EVENTS];
	*(volatile uint32_t *)&place->kind = TRACE_NONE;
	struct trace_event whole = *event;
	whole.kind = TRACE_NONE;
	*place = whole;
	atomic_thread_fence(memory_order_release);
	*(volatile uint32_t *)&place->kind = event->kind;
}

static void show(struct trace_open *open, const struct trace_event *event)
{
	open->event = *event;
	atomic_store_explicit(&open->on, 1, memory_order_release);
}

static void hide(struct trace_open *open)
{
	atomic_store_explicit(&open->on, 0, memory_order_release);
}

void record_enter(struct recorder *recorder, enum heap_op op, size_t size)
{
	recorder->call = begun(TRACE_CALL, op, size, 0);
	show(&recorder->track->call, &recorder->call);
}

void record_leave(struct recorder *recorder, const void *block)
{
	recorder->call.address = (uintptr_t)block;
	end(&recorder->call);
	put(recorder->track, &recorder->call);
	hide(&recorder->track->call);
	recorder->call.kind = TRACE_NONE;
}

void record_step(struct recorder *recorder, enum child_step step)
{
	struct trace_event event = begun(TRACE_STEP, step, 0, 0);
	end(&event);
	put(recorder->track, &event);
}

void record_fork_begin(struct recorder *recorder)
{
	recorder->fork = begun(TRACE_FORK, 0, 0, 0);
	show(&recorder->track->fork, &recorder->fork);
}

void record_fork_end(struct recorder *recorder, pid_t child)
{
	recorder->fork.address = (uint64_t)child;
	end(&recorder->fork);
	put(recorder->track, &recorder->fork);
	hide(&recorder->track->fork);
}

static void inherit(const struct trace_event *event, uint64_t track)
{
	uint32_t count = atomic_load_explicit(&trace->inherited, memory_order_relaxed);
	if (event->kind == TRACE_NONE || count == TRACE_INHERITED)
		return;
	trace->inheritance[count] = *event;
	trace->inheritance[count].reserved = track;
	atomic_store_explicit(&trace->inherited, count + 1, memory_order_release);
}

void record_inheritance(void)
{
	for (int i = 0; trace && i < TRACE_TRACKS; i++) {
		inherit(&recorders[i].call, (uint64_t)i);
		for (int hold = 0; hold < TRACE_HOLDS; hold++)
			inherit(&recorders[i].hold[hold], (uint64_t)i);
	}
}

/* ---- Locks that have a name ---- */

static struct recorder *of_this_thread(void)
{
	struct actor *me = trace ? lab_self() : NULL;
	return me ? me->recorder : NULL;
}

/*
 * In a child's own atfork handlers, before record_move(), and in the children that lab_fork_aside()
 * makes: the track is still the parent's, and the parent goes on writing to it.
 */
static bool is_foreign(const struct recorder *recorder, int32_t pid)
{
	return pid != runner.pid && recorder->track != &trace->track[TRACE_CHILD];
}

void lab_lock_taken(const void *lock)
{
	struct recorder *recorder = of_this_thread();
	int i = 0;
	while (recorder && i < TRACE_HOLDS && recorder->hold[i].kind != TRACE_NONE)
		i++;
	if (!recorder || i == TRACE_HOLDS)
		return;
	recorder->hold[i] = begun(TRACE_HOLD, 0, 0, (uintptr_t)lock);
	if (!is_foreign(recorder, recorder->hold[i].pid[0]))
		show(&recorder->track->hold[i], &recorder->hold[i]);
}

void lab_lock_given(const void *lock)
{
	struct recorder *recorder = of_this_thread();
	for (int i = 0; recorder && i < TRACE_HOLDS; i++) {
		struct trace_event *hold = &recorder->hold[i];
		if (hold->kind == TRACE_NONE || hold->address != (uintptr_t)lock)
			continue;
		end(hold);
		if (!is_foreign(recorder, hold->pid[1])) {
			put(recorder->track, hold);
			hide(&recorder->track->hold[i]);
		}
		hold->kind = TRACE_NONE;
		return;
	}
}

void lab_note_taken(const void *lock)
{
	lab_lock_taken(lock);
}

void lab_note_given(const void *lock)
{
	lab_lock_given(lock);
}
