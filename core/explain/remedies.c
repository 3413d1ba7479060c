#include "remedies.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void add(struct story *story, const char *format, ...)
{
	va_list args;
	if (story->remedies == STORY_REMEDIES_MAX)
		return;
	va_start(args, format);
	vsnprintf(story->remedy[story->remedies++], MODEL_TEXT_MAX, format, args);
	va_end(args);
}

static bool runs_handlers(const struct story *story)
{
	return strcmp(story->method, "fork") == 0;
}

static bool takes(const struct story_handler *handler, uint64_t lock)
{
	for (unsigned i = 0; i < handler->locks; i++)
		if (handler->lock[i].address == lock)
			return true;
	return false;
}

/* A prepare handler that takes that lock, or NULL. */
static const struct story_handler *who_takes(const struct story *story, uint64_t lock)
{
	for (size_t i = 0; i < story->fork.handlers; i++)
		if (story->fork.handler[i].phase == STORY_PREPARE &&
			takes(&story->fork.handler[i], lock))
			return &story->fork.handler[i];
	return NULL;
}

/* A prepare handler that takes some other lock, and that lock's place in its list. */
static const struct story_handler *who_takes_another(const struct story *story)
{
	for (size_t i = 0; i < story->fork.handlers; i++)
		if (story->fork.handler[i].phase == STORY_PREPARE &&
			story->fork.handler[i].locks > 0 &&
			strcmp(story->fork.handler[i].name, "fork() itself") != 0)
			return &story->fork.handler[i];
	return NULL;
}

static void other_locks(const struct story_handler *handler, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < handler->locks && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
			handler->lock[i].name[0] ? handler->lock[i].name : "a lock");
}

/*
 * The handlers ran, the worker held the lock, and fork() went through: a handler that takes the
 * lock would have waited there.
 */
static void no_handler_takes_it(struct story *story)
{
	const struct story_lock *lock = &story->lock;
	const struct story_handler *other = who_takes_another(story);
	char taken[MODEL_TEXT_MAX / 2];
	if (lock->of_application)
		add(story,
			"the lock is the application's own: a pthread_atfork() handler of its "
			"own that takes %s before the fork and gives it back, or makes it anew, "
			"on both sides",
			lock->name);
	else if (other) {
		other_locks(other, taken, sizeof taken);
		add(story,
			"a lock was forgotten: the prepare handler %s takes %s, but neither it "
			"nor another one takes %s, or fork() would have waited for the worker "
			"here",
			other->name, taken, lock->name);
	} else if (story->fork.all_known && story->fork.handlers == 0)
		add(story,
			"a handler is missing, for none is registered: one has to take %s before "
			"the fork (prepare), and give it back in parent and child",
			lock->name);
	else if (story->fork.all_known)
		add(story,
			"the registered handlers lock nothing: one is missing that takes %s in "
			"prepare and gives it back in parent and child",
			lock->name);
	else
		add(story,
			"a handler is missing: no prepare handler takes %s, or fork() would have "
			"waited for the worker here; one has to take it before the fork and give "
			"it back in parent and child",
			lock->name);
}

/* The child's half, as an audit has seen it. */
static bool is_given_back(const struct story *story, uint64_t lock)
{
	for (size_t i = 0; i < story->fork.handlers; i++)
		if (story->fork.handler[i].phase == STORY_IN_CHILD &&
			(takes(&story->fork.handler[i], lock) ||
				story->fork.handler[i].more_locks > 0))
			return true;
	return false;
}

/* Whoever forks is in the middle of his own call, with its lock. */
static void of_interrupted(struct story *story)
{
	const struct story_lock *lock = &story->lock;
	add(story,
		"no handler can help here: the signal came in the middle of the worker's call, and "
		"who "
		"now needs %s is the one that holds it, further out on its own stack",
		lock->known ? lock->name : "the lock");
	add(story, "a signal handler that only sets a flag or writes to a pipe, and a fork outside "
		   "of it; "
		   "or the signal blocked around calls into the allocator");
}

static void without_handlers(struct story *story)
{
	const struct story_lock *lock = &story->lock;
	add(story,
		"%s() runs no atfork handlers, so nobody could wait until %s was free, or make it "
		"anew "
		"in the child; fork() runs them: see what they do about it with -m fork",
		story->method, lock->known ? lock->name : "the lock");
}

static void of_child(struct story *story)
{
	const struct story_lock *lock = &story->lock;
	const struct story_handler *owner = lock->known ? who_takes(story, lock->address) : NULL;
	if (!runs_handlers(story)) {
		without_handlers(story);
	} else if (owner) {
		if (story->fork.all_known && !is_given_back(story, lock->address))
			add(story,
				"the prepare handler %s takes %s, but in the child it is not given "
				"back: the child handler has to release it or make it anew",
				owner->name, lock->name);
	} else if (lock->known && lock->at_fork && !story->fork.waited) {
		no_handler_takes_it(story);
	}
	if (!lock->of_application)
		add(story, "a child that calls no allocator before exec() or _exit(); "
			   "posix_spawn() in "
			   "place of fork() and exec()");
}

static void of_parent(struct story *story)
{
	add(story, "one order for all locks: the handlers must take them in the order in which the "
		   "allocator and the application take them everywhere else");
}

/* What is damaged in the child is what the worker was in the middle of. */
static void of_damaged(struct story *story)
{
	if (!story->worker.inside)
		return;
	if (!runs_handlers(story))
		add(story,
			"the memory was copied in the middle of the worker's %s, and %s() runs "
			"no atfork handlers that could have waited for its end; fork() does",
			story->worker.call, story->method);
	else if (!story->fork.waited)
		add(story,
			"the memory was copied in the middle of the worker's %s: a prepare "
			"handler has to take the locks that guard what it was changing, so that "
			"fork() waits for its end; locks that are only made anew in the child "
			"hide the damage until it is found",
			story->worker.call);
}

void prevention_add(struct story *story)
{
	bool hangs = story->end == STORY_STUCK || story->end == STORY_PARENT;
	if (hangs && story->fork.in_handler && story->lock.taken.known)
		of_interrupted(story);
	else if (story->end == STORY_STUCK)
		of_child(story);
	else if (story->end == STORY_PARENT)
		of_parent(story);
	else if (story->end == STORY_DIED && !story->fork.in_handler)
		of_damaged(story);
	else if (story->end == STORY_DIED)
		add(story, "fork() is not async-signal-safe where handlers are registered, and the "
			   "child of a "
			   "signal handler may not allocate: a signal handler that only sets a "
			   "flag, and a "
			   "fork outside of it");
}
