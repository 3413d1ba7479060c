#include "explain_texts.h"

#include "shm_map.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void add(
	struct explain_texts *texts, const char *format, ...)
{
	va_list args;
	if (texts->count == EXPLAIN_TEXTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(texts->text[texts->count++], MODEL_TEXT_MAX, format, args);
	va_end(args);
}

static bool runs_handlers(const struct explanation *explanation)
{
	return explanation->method == METHOD_FORK;
}

static bool takes(const struct explanation_handler *handler, uint64_t lock)
{
	for (unsigned i = 0; i < handler->locks; i++)
		if (handler->lock[i].address == lock)
			return true;
	return false;
}

/* The prepare handler that takes that lock, or NULL. */
static const struct explanation_handler *handler_taking(
	const struct explanation *explanation, uint64_t lock)
{
	for (size_t i = 0; i < explanation->fork.handlers; i++)
		if (explanation->fork.handler[i].phase == ATFORK_PREPARE &&
			takes(&explanation->fork.handler[i], lock))
			return &explanation->fork.handler[i];
	return NULL;
}

/* A prepare handler, other than libc itself, that takes some lock. */
static const struct explanation_handler *handler_taking_other(const struct explanation *explanation)
{
	for (size_t i = 0; i < explanation->fork.handlers; i++)
		if (explanation->fork.handler[i].phase == ATFORK_PREPARE &&
			explanation->fork.handler[i].locks > 0 &&
			!explanation->fork.handler[i].of_libc)
			return &explanation->fork.handler[i];
	return NULL;
}

/*
 * The handlers ran, the worker held the lock, and fork() returned: a handler that takes the lock
 * would have waited there.
 */
static void add_missing_handler(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	const struct explanation_handler *other = handler_taking_other(explanation);
	char taken[MODEL_TEXT_MAX / 2];
	if (lock->of_application)
		add(texts,
			"the lock is the application's own: a pthread_atfork() handler of its own "
			"that takes %s before the fork and releases or re-initialises it on both "
			"sides",
			lock->name);
	else if (other) {
		explanation_lock_names(other, taken, sizeof(taken));
		add(texts,
			"a lock was forgotten: the prepare handler %s takes %s, but neither it nor "
			"another one takes %s, or fork() would have waited for the worker here",
			other->name, taken, lock->name);
	} else if (explanation->fork.all_known && explanation->fork.handlers == 0)
		add(texts,
			"a handler is missing, for none is registered: one has to take %s before "
			"the fork (prepare), and release it in parent and child",
			lock->name);
	else if (explanation->fork.all_known)
		add(texts,
			"the registered handlers lock nothing: one is missing that takes %s in "
			"prepare and releases it in parent and child",
			lock->name);
	else
		add(texts,
			"a handler is missing: no prepare handler takes %s, or fork() would have "
			"waited for the worker here; one has to take it before the fork and "
			"release it in parent and child",
			lock->name);
}

/* The child's side, as observed by an audit. */
static bool is_released_in_child(const struct explanation *explanation, uint64_t lock)
{
	for (size_t i = 0; i < explanation->fork.handlers; i++)
		if (explanation->fork.handler[i].phase == ATFORK_CHILD &&
			(takes(&explanation->fork.handler[i], lock) ||
				explanation->fork.handler[i].more_locks > 0))
			return true;
	return false;
}

/* The forking thread is in the middle of its own call and holds its lock. */
static void add_for_interrupted(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	add(texts,
		"no handler can help here: the signal came in the middle of the worker's call, and "
		"the interrupted frame of the same thread already holds %s",
		lock->known ? lock->name : "the lock");
	add(texts, "a signal handler that only sets a flag or writes to a pipe, and a fork "
		   "outside of it; or the signal blocked around calls into the allocator");
}

static void add_without_handlers(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	add(texts,
		"%s() runs no atfork handlers, so none could wait until %s was free, or "
		"re-initialise it in the child; fork() runs them: see what they do about it with "
		"-m fork",
		fork_method_name(explanation->method), lock->known ? lock->name : "the lock");
}

/* ---- Locks that are not the allocator's ---- */

static const char *taker_name(const struct explanation_lock *lock)
{
	return *lock->taker ? lock->taker : "what takes it";
}

/* The thread that would wake the child is gone. Says whether that is the case. */
static bool add_for_signal(struct explain_texts *texts, const struct explanation_lock *lock)
{
	static const char *const objects[WAIT_OBJECTS] = {
		[WAIT_OBJECT_CONDITION] = "condition variable",
		[WAIT_OBJECT_SEMAPHORE] = "semaphore",
		[WAIT_OBJECT_BARRIER] = "barrier",
	};
	const char *object = objects[lock->waits_for];
	if (!object)
		return false;
	add(texts,
		"no lock is held: the child waits at a %s for a thread that only its parent has. A "
		"child handler has to create a new pool, with its threads, its queue and this %s; "
		"or the child must not wait for it",
		object, object);
	return true;
}

/* What a program can do about a lock of libc, of the loader, or of another library. */
static void add_for_library(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	if (lock->origin == LOCK_ORIGIN_LIBRARY)
		add(texts,
			"the lock is another library's: that library needs a prepare handler that "
			"takes %s and releases or re-initialises it on both sides; or the child "
			"must "
			"not call it (%s)",
			lock->name, taker_name(lock));
	else if (lock->origin == LOCK_ORIGIN_LOADER)
		add(texts,
			"no program can take the loader's lock: load what the child needs before "
			"the fork, and bind it then (LD_BIND_NOW=1, or -z now)");
	else if (lock->waits_for == WAIT_OBJECT_FILE)
		add(texts,
			"the lock of a stream: a prepare handler can take it with flockfile(), and "
			"release it with funlockfile() on both sides; or the child must not use "
			"that stream. The fork() of glibc re-initialises the locks of all streams "
			"in the child");
	else
		add(texts,
			"no program and no handler can take this lock: it is libc's own. Before "
			"exec() or _exit() the child of a process with threads may call only "
			"async-signal-safe functions, and %s is none: call it before the fork",
			taker_name(lock));
	add(texts, "posix_spawn() in place of fork() and exec()");
}

/* True: the lock is not the allocator's, and what is said is all. */
static bool add_for_foreign(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	if (!lock_origin_is_foreign(lock->origin) || lock->by_allocator)
		return false;
	if (add_for_signal(texts, lock))
		return true;
	if (lock->origin == LOCK_ORIGIN_APPLICATION)
		return false;
	add_for_library(texts, explanation);
	return true;
}

/* The child has to have called the allocator for that. */
static bool calls_allocator(const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	return explanation->finding.call.op != OP_NONE || lock->by_allocator ||
	       lock->origin == LOCK_ORIGIN_ALLOCATOR;
}

static void add_for_child(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	const struct explanation_handler *owner =
		lock->known ? handler_taking(explanation, lock->address) : NULL;
	if (add_for_foreign(texts, explanation))
		return;
	if (!runs_handlers(explanation)) {
		add_without_handlers(texts, explanation);
	} else if (owner) {
		if (explanation->fork.all_known &&
			!is_released_in_child(explanation, lock->address))
			add(texts,
				"the prepare handler %s takes %s, but in the child it is not "
				"released: the child handler has to release or re-initialise it",
				owner->name, lock->name);
	} else if (lock->known && lock->at_fork && !explanation->fork.waited) {
		add_missing_handler(texts, explanation);
	}
	if (!lock->of_application && calls_allocator(explanation))
		add(texts, "a child that calls no allocator before exec() or _exit(); "
			   "posix_spawn() in place of fork() and exec()");
}

static void add_for_parent(struct explain_texts *texts)
{
	add(texts, "one order for all locks: the handlers must take them in the order in "
		   "which the allocator and the application take them everywhere else");
}

static bool is_in_loader(const struct stack *stack)
{
	static const char *const prefixes[] = {"_dl_", "dlopen", "dlsym", "dlclose"};
	for (size_t i = 0; i < stack->frames; i++)
		for (size_t k = 0; k < sizeof(prefixes) / sizeof(prefixes[0]); k++)
			if (strncmp(stack->frame[i].function, prefixes[k], strlen(prefixes[k])) ==
				0)
				return true;
	return false;
}

/* The worker was loading a library, and the child needs it, or the loader. */
static bool is_half_loaded(const struct explanation *explanation)
{
	if (!is_in_loader(&explanation->worker.stack))
		return false;
	for (unsigned i = 0; i < explanation->threads; i++)
		if (is_in_loader(&explanation->thread[i].stack))
			return true;
	return explanation->finding.step == CHILD_STEP_LOAD;
}

/* What is damaged in the child is what the worker was changing. */
static void add_for_damaged(struct explain_texts *texts, const struct explanation *explanation)
{
	if (is_half_loaded(explanation)) {
		add(texts, "the memory was copied while the worker was loading or unloading a "
			   "library, and the child finds it half loaded: load it before the fork, "
			   "or let no thread load one while another forks");
		return;
	}
	if (!explanation->worker.inside)
		return;
	if (!runs_handlers(explanation))
		add(texts,
			"the memory was copied in the middle of the worker's %s, and %s() runs no "
			"atfork handlers that could have waited for its end; fork() does",
			explanation->worker.call, fork_method_name(explanation->method));
	else if (!explanation->fork.waited)
		add(texts,
			"the memory was copied in the middle of the worker's %s: a prepare handler "
			"has to take the locks that guard what it was changing, so that fork() "
			"waits for its end; locks that are only re-initialised in the child hide "
			"the damage until it is found",
			explanation->worker.call);
}

void explain_remedies(struct explain_texts *texts, const struct explanation *explanation)
{
	bool hangs = explanation->outcome == OUTCOME_STUCK ||
		     explanation->outcome == OUTCOME_PARENT_STUCK;
	if (hangs && explanation->fork.in_handler && explanation->lock.taken.known)
		add_for_interrupted(texts, explanation);
	else if (explanation->outcome == OUTCOME_STUCK)
		add_for_child(texts, explanation);
	else if (explanation->outcome == OUTCOME_PARENT_STUCK)
		add_for_parent(texts);
	else if (explanation->outcome == OUTCOME_DIED && !explanation->fork.in_handler)
		add_for_damaged(texts, explanation);
	else if (explanation->outcome == OUTCOME_DIED)
		add(texts, "fork() is not async-signal-safe where handlers are registered, "
			   "and the child of a signal handler may not allocate: a signal "
			   "handler that only sets a flag, and a fork outside of it");
}
