#include "explain_texts.h"

#include "shm_map.h"

#include <stdarg.h>
#include <stdio.h>

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

static void add_for_child(struct explain_texts *texts, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	const struct explanation_handler *owner =
		lock->known ? handler_taking(explanation, lock->address) : NULL;
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
	if (!lock->of_application)
		add(texts, "a child that calls no allocator before exec() or _exit(); "
			   "posix_spawn() in place of fork() and exec()");
}

static void add_for_parent(struct explain_texts *texts)
{
	add(texts, "one order for all locks: the handlers must take them in the order in "
		   "which the allocator and the application take them everywhere else");
}

/* What is damaged in the child is what the worker was changing. */
static void add_for_damaged(struct explain_texts *texts, const struct explanation *explanation)
{
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
