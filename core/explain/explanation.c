#include "explanation.h"

#include "atfork_handlers.h"
#include "environment.h"
#include "replay.h"
#include "shm_map.h"
#include "strbuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *explanation_outcome_name(enum explanation_outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_OK] = "fine",
		[OUTCOME_WAITED] = "waited",
		[OUTCOME_STUCK] = "stuck",
		[OUTCOME_PARENT_STUCK] = "parent-stuck",
		[OUTCOME_DIED] = "died",
		[OUTCOME_UNTRIED] = "untried",
		[OUTCOME_NO_POINT] = "nothing",
	};
	return names[outcome];
}

void explanation_object_name(char *text, size_t size, const struct address_info *object)
{
	uint64_t offset = object->address - object->start;
	if (object->kind != ADDRESS_VARIABLE)
		snprintf(text, size, "0x%" PRIx64, object->address);
	else if (!object->name[0])
		snprintf(text, size, "%s+0x%" PRIx64, object->module, object->module_offset);
	else if (offset)
		snprintf(text, size, "%s+0x%" PRIx64, object->name, offset);
	else
		snprintf(text, size, "%s", object->name);
}

void explanation_lock_names(const struct explanation_handler *handler, char *text, size_t size)
{
	struct strbuf line = strbuf_init(text, size);
	for (unsigned i = 0; i < handler->locks; i++)
		strbuf_add_item(&line, 0, ", ", "%s",
			handler->lock[i].name[0] ? handler->lock[i].name : "a lock");
	if (handler->more_locks)
		strbuf_addf(&line, " and %u more", handler->more_locks);
}

static void unwind(const struct replay *r, const struct snapshot *snapshot, struct stack *stack)
{
	/* A stack that could not be unwound completely says so itself. */
	if (r->symbols)
		(void)stack_unwind(r->symbols, snapshot, stack);
}

/* ---- The worker ---- */

static void fill_worker(struct explanation *explanation, const struct replay *r)
{
	explanation->worker.tid = r->worker_tid;
	explanation->worker.inside = r->inside;
	snprintf(explanation->worker.call, sizeof(explanation->worker.call), "%s", r->call);
	explanation->worker.into = r->instruction - r->call_instruction;
	unwind(r, &r->worker, &explanation->worker.stack);
}

/* ---- The lock ---- */

static void fill_store(
	struct explanation_store *to, const struct replay *r, const struct replay_store *store)
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

static void name_lock(
	char *text, size_t size, const char *published, const struct address_info *object)
{
	char variable[MODEL_NAME_MAX * 4];
	explanation_object_name(variable, sizeof(variable), object);
	if (published[0] && object->kind == ADDRESS_VARIABLE && object->name[0])
		snprintf(text, size, "%s (%s)", variable, published);
	else
		snprintf(text, size, "%s", published[0] ? published : variable);
}

static void fill_origin(struct explanation_lock *lock, const struct replay *r)
{
	if (!lock->seen_stuck) {
		lock->origin = lock->of_application ? LOCK_ORIGIN_APPLICATION : LOCK_ORIGIN_UNKNOWN;
		return;
	}
	lock->origin = r->finding.lock_origin;
	lock->of_application = r->finding.lock_origin == LOCK_ORIGIN_APPLICATION;
	lock->by_allocator = r->finding.by_allocator;
	lock->waits_for = r->finding.wait_object;
	memcpy(lock->taker, r->finding.taker, sizeof(lock->taker));
}

static void fill_lock(struct explanation *explanation, const struct replay *r)
{
	struct explanation_lock *lock = &explanation->lock;
	lock->known = r->lock != 0;
	if (!lock->known)
		return;
	lock->address = r->lock;
	lock->object = r->object;
	lock->of_application = r->lock_of_application;
	snprintf(lock->published, sizeof(lock->published), "%s", r->lock_name);
	name_lock(lock->name, sizeof(lock->name), r->lock_name, &r->object);
	lock->at_fork = r->word;
	lock->seen_stuck = r->stuck && r->finding.futex == r->lock;
	lock->when_stuck = r->stuck_word;
	fill_origin(lock, r);
	lock->owner_tid = r->owner_tid;
	lock->owner = r->owner;
	fill_store(&lock->taken, r, &r->taken);
	fill_store(&lock->released, r, &r->released);
}

/* ---- The fork ---- */

static bool is_fork(const struct stack_frame *frame)
{
	static const char *const names[] = {"fork", "__libc_fork", "_Fork"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(frame->function, names[i]) == 0)
			return true;
	return false;
}

/*
 * What fork() called: the first inner function from another file or, when libc waits for a lock of
 * its own, the next one.
 */
static const struct stack_frame *handler_frame(const struct stack *stack)
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

static struct explanation_handler *find_or_add_handler(
	struct explanation_fork *fork, const char *name)
{
	for (size_t i = 0; i < fork->handlers; i++)
		if (strcmp(fork->handler[i].name, name) == 0)
			return &fork->handler[i];
	if (fork->handlers == EXPLANATION_HANDLERS_MAX)
		return NULL;
	struct explanation_handler *handler = &fork->handler[fork->handlers++];
	snprintf(handler->name, sizeof(handler->name), "%s", name);
	return handler;
}

/* A prepare handler that waits for a lock is on the stack. */
static void add_observed_handler(struct explanation_fork *fork, const struct stack *stack,
	const struct explanation_handler_lock *taken)
{
	char name[sizeof(fork->handler[0].name)];
	const struct stack_frame *frame = handler_frame(stack);
	if (!frame)
		return;
	name_handler(name, sizeof(name), frame);
	struct explanation_handler *handler = find_or_add_handler(fork, name);
	if (!handler || handler->locks == EXPLANATION_LOCKS_MAX)
		return;
	handler->phase = ATFORK_PREPARE;
	handler->lock[handler->locks++] = *taken;
}

static void add_handler_from_wait(
	struct explanation *explanation, const struct replay *r, const struct replay_wait *wait)
{
	static struct stack stack;
	struct explanation_handler_lock taken = {
		.address = wait->wait.futex, .point = wait->wait.point};
	if (taken.address)
		name_lock(taken.name, sizeof(taken.name), wait->lock_name, &wait->object);
	stack.frames = 0;
	unwind(r, &wait->at, &stack);
	add_observed_handler(&explanation->fork, &stack, &taken);
}

/*
 * An audit has the addresses of another process, in which the same modules lie at the same places:
 * "libc.so.6+0x1da48c" is the same variable here.
 */
static void name_variable(struct symbols *symbols, struct explanation_handler_lock *lock)
{
	struct address_info object;
	size_t length;
	const char *plus = strrchr(lock->name, '+');
	uint64_t offset = plus ? strtoull(plus + 1, NULL, 0) : 0;
	if (!plus || !address_info_find_variable(
			     &object, symbols, lock->address, lock->address - offset))
		return;
	length = strlen(object.module);
	if (length == (size_t)(plus - lock->name) && memcmp(lock->name, object.module, length) == 0)
		explanation_object_name(lock->name, sizeof(lock->name), &object);
}

static void add_audit(
	struct explanation *explanation, const struct replay *r, const struct audit *audit)
{
	struct explanation_fork *fork = &explanation->fork;
	atfork_handlers_from_audit(fork, audit);
	for (size_t i = 0; r->symbols && i < fork->handlers; i++)
		for (unsigned l = 0; l < fork->handler[i].locks; l++)
			name_variable(r->symbols, &fork->handler[i].lock[l]);
}

/* A child that waits forever is inside, too. */
static void add_handler_from_stuck(struct explanation *explanation)
{
	struct explanation_handler_lock taken = {
		.address = explanation->lock.address, .point = explanation->point};
	if (explanation->outcome != OUTCOME_PARENT_STUCK || explanation->threads == 0 ||
		explanation->fork.all_known || explanation->fork.handlers > 0)
		return;
	snprintf(taken.name, sizeof(taken.name), "%s", explanation->lock.name);
	add_observed_handler(&explanation->fork, &explanation->thread[0].stack, &taken);
}

static void fill_fork(struct explanation *explanation, const struct replay *r)
{
	struct explanation_fork *fork = &explanation->fork;
	fork->in_handler = r->by_signal;
	for (unsigned i = 0; i < r->waits; i++)
		add_handler_from_wait(explanation, r, &r->wait[i]);
	fork->waited = r->waited;
	if (!r->waited)
		return;
	fork->task = r->waiting.task;
	unwind(r, &r->waiting.at, &fork->stack);
	fork->through_point = r->judged ? r->last_point : 0;
	fork->waited_instructions = r->judged ? r->last_instruction - r->instruction : 0;
}

/* ---- The outcome ---- */

static enum explanation_role role_of(const struct replay *r, pid_t tid)
{
	if (r->stuck_pid == r->runner)
		return tid == r->worker_tid ? ROLE_WORKER : ROLE_MAIN;
	if (r->finding.in_parent)
		return ROLE_PARENT;
	return tid == r->stuck_pid ? ROLE_CHILD : ROLE_CHILD_THREAD;
}

static void fill_threads(struct explanation *explanation, const struct replay *r)
{
	for (unsigned i = 0; i < r->threads; i++) {
		struct explanation_thread *thread = &explanation->thread[explanation->threads++];
		const struct replay_thread *from = &r->thread[i];
		thread->tid = from->task.tid;
		thread->role = role_of(r, from->task.tid);
		thread->task = from->task;
		unwind(r, &from->at, &thread->stack);
	}
}

static void fill_crash(struct explanation *explanation, const struct replay *r)
{
	const struct crash_tracer *crash_tracer = &r->crash_tracer;
	if (!crash_tracer->recorded)
		return;
	struct explanation_thread *thread = &explanation->thread[explanation->threads++];
	thread->tid = crash_tracer->snapshot.tid;
	thread->role = r->finding.in_parent ? ROLE_PARENT : ROLE_CHILD;
	thread->dying = true;
	thread->signal = crash_tracer->signal;
	unwind(r, &crash_tracer->snapshot, &thread->stack);
}

static enum explanation_outcome outcome_of(const struct replay *r)
{
	if (!r->judged)
		return OUTCOME_UNTRIED;
	if (!verdict_is_bad(r->verdict))
		return r->waited ? OUTCOME_WAITED : OUTCOME_OK;
	if (!r->stuck)
		return OUTCOME_DIED;
	return r->finding.in_parent ? OUTCOME_PARENT_STUCK : OUTCOME_STUCK;
}

static void fill_outcome(struct explanation *explanation, const struct replay *r)
{
	explanation->outcome = outcome_of(r);
	explanation->verdict = r->judged ? r->verdict : VERDICT_SKIPPED;
	if (!verdict_is_bad(explanation->verdict))
		return;
	explanation->has_finding = true;
	explanation->finding = r->finding;
	fill_threads(explanation, r);
	fill_crash(explanation, r);
}

static void fill_subject(struct explanation *explanation, const struct replay *r)
{
	const struct cell_plan *plan = r->plan;
	snprintf(explanation->allocator, sizeof(explanation->allocator), "%s", plan->allocator);
	snprintf(explanation->version, sizeof(explanation->version), "%s", r->cell.version);
	snprintf(explanation->scenario, sizeof(explanation->scenario), "%s", plan->scenario);
	explanation->method = plan->method;
	char point[32] = "", prefix[MODEL_PREFIX_MAX];
	environment_prefix(prefix, sizeof(prefix), environ);
	explanation->point = r->point;
	explanation->instruction = r->instruction;
	if (r->point)
		snprintf(point, sizeof(point), " --point %" PRIu32, r->point);
	snprintf(explanation->command, sizeof(explanation->command),
		"%sforklab explain -a %s -s %s -m %s%s%s%s%s", prefix, plan->allocator,
		cell_scenario_argument(plan), fork_method_name(plan->method), point,
		plan->every_instruction ? " --every-instruction" : "",
		plan->repro_options ? plan->repro_options : "",
		plan->preload_options ? plan->preload_options : "");
}

void explanation_make(
	struct explanation *explanation, const struct replay *r, const struct audit *audit)
{
	fill_subject(explanation, r);
	if (!r->point) {
		explanation->outcome = OUTCOME_NO_POINT;
		return;
	}
	fill_worker(explanation, r);
	fill_lock(explanation, r);
	fill_fork(explanation, r);
	fill_outcome(explanation, r);
	if (audit)
		add_audit(explanation, r, audit);
	add_handler_from_stuck(explanation);
}
