#include "explanation.h"

#include "atfork_handlers.h"
#include "debuginfo_notes.h"
#include "describe.h"
#include "remedies.h"
#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *story_end_name(enum story_end end)
{
	static const char *const names[] = {
		[STORY_FINE] = "fine",
		[STORY_WAITED] = "waited",
		[STORY_STUCK] = "stuck",
		[STORY_PARENT] = "parent-stuck",
		[STORY_DIED] = "died",
		[STORY_UNTRIED] = "untried",
		[STORY_NOTHING] = "nothing",
	};
	return names[end];
}

static void unwind(const struct replay *r, const struct snapshot *snapshot, struct stack *stack)
{
	/* What could not be unwound to its end says so itself. */
	if (r->symbols)
		(void)stack_unwind(r->symbols, snapshot, stack);
}

/* ---- The worker ---- */

static void tell_worker(struct story *story, const struct replay *r)
{
	story->worker.tid = r->worker_tid;
	story->worker.inside = r->inside;
	snprintf(story->worker.call, sizeof story->worker.call, "%s", r->call);
	story->worker.into = r->instruction - r->call_instruction;
	unwind(r, &r->worker, &story->worker.stack);
}

/* ---- The lock ---- */

static void tell_store(
	struct story_store *to, const struct replay *r, const struct replay_store *store)
{
	if (!store->seen)
		return;
	to->known = true;
	to->instructions = store->instruction < r->instruction
				   ? r->instruction - store->instruction
				   : store->instruction - r->instruction;
	to->before = store->before;
	to->after = store->after;
	unwind(r, &store->at, &to->stack);
}

static void name_lock(char *text, size_t size, const char *published, const struct object *object)
{
	char variable[MODEL_NAME_MAX * 4];
	names_object(variable, sizeof variable, object);
	if (published[0] && object->kind == OBJECT_VARIABLE && object->name[0])
		snprintf(text, size, "%s (%s)", variable, published);
	else
		snprintf(text, size, "%s", published[0] ? published : variable);
}

static void tell_lock(struct story *story, const struct replay *r)
{
	struct story_lock *lock = &story->lock;
	lock->known = r->lock != 0;
	if (!lock->known)
		return;
	lock->address = r->lock;
	lock->object = r->object;
	lock->of_application = r->lock_of_application;
	snprintf(lock->published, sizeof lock->published, "%s", r->lock_name);
	name_lock(lock->name, sizeof lock->name, r->lock_name, &r->object);
	names_place(lock->place, sizeof lock->place, &r->object);
	lock->at_fork = r->word;
	lock->seen_stuck = r->stuck && r->finding.futex == r->lock;
	lock->when_stuck = r->stuck_word;
	lock->owner_tid = r->owner_tid;
	snprintf(lock->owner, sizeof lock->owner, "%s", r->owner);
	tell_store(&lock->taken, r, &r->taken);
	tell_store(&lock->released, r, &r->released);
}

/* ---- The fork ---- */

static bool is_fork(const struct stack_frame *frame)
{
	static const char *const names[] = {"fork", "__libc_fork", "_Fork"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(frame->function, names[i]) == 0)
			return true;
	return false;
}

/*
 * What fork() has called: the first function further in that is not of the same file, or, when
 * libc waits for a lock of its own, the next one.
 */
static const struct stack_frame *handler_in(const struct stack *stack)
{
	size_t fork = stack->frames;
	for (size_t i = 0; i < stack->frames && fork == stack->frames; i++)
		if (is_fork(&stack->frame[i]))
			fork = i;
	if (fork == stack->frames || fork == 0)
		return NULL;
	for (size_t i = fork; i-- > 0;)
		if (strcmp(stack->frame[i].module, stack->frame[fork].module) != 0)
			return &stack->frame[i];
	return &stack->frame[fork - 1];
}

static void name_handler(char *text, size_t size, const struct stack_frame *frame)
{
	const char *slash = strrchr(frame->source, '/');
	const char *source = slash ? slash + 1 : frame->source;
	if (!frame->function[0])
		snprintf(text, size, "a handler in %s (at +0x%" PRIx64 ")", frame->module,
			frame->module_offset);
	else
		snprintf(text, size, "%s (%s%s%s)", frame->function, frame->module,
			source[0] ? ", " : "", source);
}

static struct story_handler *handler_named(struct story_fork *fork, const char *name)
{
	for (size_t i = 0; i < fork->handlers; i++)
		if (strcmp(fork->handler[i].name, name) == 0)
			return &fork->handler[i];
	if (fork->handlers == STORY_HANDLERS_MAX)
		return NULL;
	struct story_handler *handler = &fork->handler[fork->handlers++];
	snprintf(handler->name, sizeof handler->name, "%s", name);
	return handler;
}

/* A prepare handler that waits for a lock shows itself. */
static void learn_handler(
	struct story_fork *fork, const struct stack *stack, const struct story_handler_lock *taken)
{
	char name[sizeof fork->handler[0].name];
	const struct stack_frame *frame = handler_in(stack);
	if (!frame)
		return;
	name_handler(name, sizeof name, frame);
	struct story_handler *handler = handler_named(fork, name);
	if (!handler || handler->locks == STORY_LOCKS_MAX)
		return;
	handler->phase = STORY_PREPARE;
	handler->lock[handler->locks++] = *taken;
}

static void learn_from_wait(
	struct story *story, const struct replay *r, const struct replay_wait *wait)
{
	static struct stack stack;
	struct story_handler_lock taken = {.address = wait->wait.futex, .point = wait->wait.point};
	if (taken.address)
		name_lock(taken.name, sizeof taken.name, wait->lock_name, &wait->object);
	stack.frames = 0;
	unwind(r, &wait->at, &stack);
	learn_handler(&story->fork, &stack, &taken);
}

/*
 * An audit has the addresses of another process, in which the same files lie at the same places:
 * "libc.so.6+0x1da48c" is the same variable here.
 */
static void name_variable(struct symbols *symbols, struct story_handler_lock *lock)
{
	struct object object;
	size_t length;
	const char *plus = strrchr(lock->name, '+');
	uint64_t offset = plus ? strtoull(plus + 1, NULL, 0) : 0;
	if (!plus || !object_find_variable(&object, symbols, lock->address, lock->address - offset))
		return;
	length = strlen(object.module);
	if (length == (size_t)(plus - lock->name) && memcmp(lock->name, object.module, length) == 0)
		names_object(lock->name, sizeof lock->name, &object);
}

static void take_audit(struct story *story, const struct replay *r, const struct audit *audit)
{
	struct story_fork *fork = &story->fork;
	handlers_from_audit(fork, audit);
	for (size_t i = 0; r->symbols && i < fork->handlers; i++)
		for (unsigned l = 0; l < fork->handler[i].locks; l++)
			name_variable(r->symbols, &fork->handler[i].lock[l]);
}

/* One that waits for ever does, too. */
static void learn_from_stuck(struct story *story)
{
	struct story_handler_lock taken = {.address = story->lock.address, .point = story->point};
	if (story->end != STORY_PARENT || story->threads == 0 || story->fork.all_known ||
		story->fork.handlers > 0)
		return;
	snprintf(taken.name, sizeof taken.name, "%s", story->lock.name);
	learn_handler(&story->fork, &story->thread[0].stack, &taken);
}

static void tell_fork(struct story *story, const struct replay *r)
{
	struct story_fork *fork = &story->fork;
	fork->in_handler = r->by_signal;
	snprintf(fork->caller, sizeof fork->caller, "%s",
		r->by_signal ? "the worker itself, in a signal handler" : "the main thread");
	for (unsigned i = 0; i < r->waits; i++)
		learn_from_wait(story, r, &r->wait[i]);
	fork->waited = r->waited;
	if (!r->waited)
		return;
	names_doing(fork->doing, sizeof fork->doing, &r->waiting.task);
	unwind(r, &r->waiting.at, &fork->stack);
	fork->through_point = r->landed ? r->last_point : 0;
	fork->waited_instructions = r->landed ? r->last_instruction - r->instruction : 0;
}

/* ---- What became of it ---- */

static const char *who_is(const struct replay *r, pid_t tid)
{
	if (r->stuck_pid == r->runner)
		return tid == r->worker_tid ? "the worker" : "the main thread, which forks";
	if (r->finding.in_parent)
		return "the process that forks";
	return tid == r->stuck_pid ? "the child" : "a thread that the child has started";
}

static void tell_threads(struct story *story, const struct replay *r)
{
	for (unsigned i = 0; i < r->threads; i++) {
		struct story_thread *thread = &story->thread[story->threads++];
		const struct replay_thread *from = &r->thread[i];
		thread->tid = from->task.tid;
		snprintf(thread->who, sizeof thread->who, "%s", who_is(r, from->task.tid));
		names_doing(thread->doing, sizeof thread->doing, &from->task);
		unwind(r, &from->at, &thread->stack);
	}
}

static void tell_death(struct story *story, const struct replay *r)
{
	const struct deathbed *deathbed = &r->deathbed;
	if (!deathbed->seen)
		return;
	struct story_thread *thread = &story->thread[story->threads++];
	thread->tid = deathbed->at.tid;
	snprintf(thread->who, sizeof thread->who, "%s",
		r->finding.in_parent ? "the process that forks" : "the child");
	if (deathbed->signal)
		snprintf(thread->doing, sizeof thread->doing, "gets signal %d (%s) here",
			deathbed->signal, strsignal(deathbed->signal));
	else
		snprintf(thread->doing, sizeof thread->doing, "ends itself here");
	unwind(r, &deathbed->at, &thread->stack);
}

static enum story_end end_of(const struct replay *r)
{
	if (!r->landed)
		return STORY_UNTRIED;
	if (!verdict_is_bad(r->verdict))
		return r->waited ? STORY_WAITED : STORY_FINE;
	if (!r->stuck)
		return STORY_DIED;
	return r->finding.in_parent ? STORY_PARENT : STORY_STUCK;
}

static void tell_end(struct story *story, const struct replay *r)
{
	const struct finding *finding = &r->finding;
	story->end = end_of(r);
	story->verdict = r->landed ? r->verdict : VERDICT_SKIPPED;
	if (!verdict_is_bad(story->verdict))
		return;
	story->certainty = finding->certainty;
	snprintf(story->step, sizeof story->step, "%s", finding->step);
	snprintf(story->call, sizeof story->call, "%s", finding->call);
	snprintf(story->sentence, sizeof story->sentence, "%s", finding->sentence);
	story->reasons = finding->reasons;
	memcpy(story->reason, finding->reason, sizeof story->reason);
	tell_threads(story, r);
	tell_death(story, r);
}

static void tell_what(struct story *story, const struct replay *r)
{
	const struct cell_plan *plan = r->plan;
	snprintf(story->allocator, sizeof story->allocator, "%s", plan->allocator);
	snprintf(story->version, sizeof story->version, "%s", r->cell.version);
	snprintf(story->scenario, sizeof story->scenario, "%s", plan->scenario);
	snprintf(story->method, sizeof story->method, "%s", plan->method_name);
	char point[32] = "";
	story->point = r->point;
	story->instruction = r->instruction;
	if (r->point)
		snprintf(point, sizeof point, " --point %" PRIu32, r->point);
	snprintf(story->again, sizeof story->again, "forklab explain -a %s -s %s -m %s%s%s%s%s",
		plan->allocator, plan->scenario, plan->method_name, point,
		plan->every_instruction ? " --every-instruction" : "",
		plan->repeat ? plan->repeat : "", plan->given ? plan->given : "");
}

void story_make(struct story *story, const struct replay *r, const struct audit *audit)
{
	tell_what(story, r);
	if (!r->point) {
		story->end = STORY_NOTHING;
		return;
	}
	tell_worker(story, r);
	tell_lock(story, r);
	tell_fork(story, r);
	tell_end(story, r);
	if (audit)
		take_audit(story, r, audit);
	learn_from_stuck(story);
	prevention_add(story);
	notes_add(story);
}
