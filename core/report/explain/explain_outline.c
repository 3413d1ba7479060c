#include "explain_outline.h"

#include "describe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- Building ---- */

__attribute__((format(printf, 3, 4))) static void add(
	struct outline *outline, enum outline_kind kind, const char *format, ...)
{
	va_list args;
	if (outline->items == OUTLINE_ITEMS_MAX)
		return;
	struct outline_item *item = &outline->item[outline->items++];
	item->kind = kind;
	item->stack = NULL;
	va_start(args, format);
	vsnprintf(item->text, sizeof item->text, format, args);
	va_end(args);
}

static void add_stack(struct outline *outline, const struct stack *stack)
{
	if (stack->frames == 0 || outline->items == OUTLINE_ITEMS_MAX)
		return;
	struct outline_item *item = &outline->item[outline->items++];
	*item = (struct outline_item){.kind = OUTLINE_STACK, .stack = stack};
}

void outline_frame(char *name, size_t name_size, char *source, size_t source_size,
	const struct stack_frame *frame)
{
	const char *slash = strrchr(frame->source, '/');
	describe_frame(name, name_size, frame);
	source[0] = '\0';
	if (frame->line)
		snprintf(source, source_size, "%s:%u", slash ? slash + 1 : frame->source,
			frame->line);
}

/* ---- The parts ---- */

static const char *certainty_suffix(const struct explanation *explanation)
{
	switch (explanation->certainty) {
	case CERTAINTY_PROVEN:
		return ", proven";
	case CERTAINTY_STRONG:
		return ", strong evidence";
	default:
		return "";
	}
}

static const char *outcome(const struct explanation *explanation)
{
	if (explanation->outcome == OUTCOME_UNTRIED)
		return "not tried";
	return explanation->outcome == OUTCOME_WAITED ? "ok, after fork() had waited"
						      : verdict_name(explanation->verdict);
}

static void add_title(struct outline *o, const struct explanation *explanation)
{
	if (explanation->outcome == OUTCOME_NO_POINT)
		add(o, OUTLINE_TITLE, "%s%s%s / %s / %s(): nothing to tell", explanation->allocator,
			explanation->version[0] ? " " : "", explanation->version,
			explanation->scenario, explanation->method);
	else
		add(o, OUTLINE_TITLE, "%s%s%s / %s / %s(), fork point %" PRIu32 ": %s%s",
			explanation->allocator, explanation->version[0] ? " " : "",
			explanation->version, explanation->scenario, explanation->method,
			explanation->point, outcome(explanation), certainty_suffix(explanation));
	if (explanation->search[0])
		add(o, OUTLINE_SENTENCE, "%s", explanation->search);
	if (explanation->sentence[0])
		add(o, OUTLINE_SENTENCE, "%s", explanation->sentence);
}

static void add_worker(struct outline *o, const struct explanation *explanation)
{
	add(o, OUTLINE_HEADING, "The worker");
	if (explanation->worker.inside)
		add(o, OUTLINE_SENTENCE,
			"thread %d is in %s, %" PRIu64 " instructions into the call; %" PRIu64
			" instructions since its sequence began",
			(int)explanation->worker.tid, explanation->worker.call,
			explanation->worker.into, explanation->instruction);
	else
		add(o, OUTLINE_SENTENCE,
			"thread %d is in no call, %" PRIu64 " instructions after %s; %" PRIu64
			" instructions since its sequence began",
			(int)explanation->worker.tid, explanation->worker.into,
			explanation->worker.call[0] ? explanation->worker.call : "its beginning",
			explanation->instruction);
	add_stack(o, &explanation->worker.stack);
}

static void add_value(struct outline *o, const struct explanation_lock *lock)
{
	char stuck[64] = "", owner[MODEL_NAME_MAX * 2] = "";
	if (lock->seen_stuck && lock->when_stuck != lock->at_fork)
		snprintf(stuck, sizeof stuck, ", %" PRIu32 " in the stuck process",
			lock->when_stuck);
	if (lock->owner[0])
		snprintf(owner, sizeof owner, "; its owner word names thread %d, %s",
			(int)lock->owner_tid, lock->owner);
	add(o, OUTLINE_SENTENCE, "its word is %" PRIu32 " at the fork%s%s", lock->at_fork, stuck,
		owner);
}

static void add_adjacent_store(struct outline *o, const struct explanation_store *store,
	const char *what, const char *when)
{
	char name[STACK_NAME_MAX * 2] = "", source[STACK_PATH_MAX] = "";
	if (store->stack.frames > 0)
		outline_frame(name, sizeof name, source, sizeof source, &store->stack.frame[0]);
	add(o, OUTLINE_SENTENCE,
		"%s by the worker, %s: the store at %s%s%s made the word %" PRIu32
		", which was %" PRIu32,
		what, when, name, source[0] ? ", " : "", source, store->after, store->before);
}

/* "taken by the worker, 61 instructions before the fork point" */
static void add_store(struct outline *o, const struct explanation_store *store, const char *what,
	const char *when, const char *at_once)
{
	char distance[64];
	if (!store->known)
		return;
	if (store->instructions == 0) {
		/* The worker's own stack has been shown already. */
		add_adjacent_store(o, store, what, at_once);
		return;
	}
	snprintf(distance, sizeof distance, "%" PRIu64 " instruction%s %s", store->instructions,
		store->instructions == 1 ? "" : "s", when);
	add(o, OUTLINE_SENTENCE,
		"%s by the worker, %s: the store that made the word %" PRIu32
		", which was %" PRIu32,
		what, distance, store->after, store->before);
	add_stack(o, &store->stack);
}

static void add_lock(struct outline *o, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	if (!lock->known)
		return;
	add(o, OUTLINE_HEADING, "The lock");
	add(o, OUTLINE_SENTENCE, "%s at 0x%" PRIx64 ": %s%s", lock->name, lock->address,
		lock->place,
		lock->of_application ? "; it is the application's, not the allocator's" : "");
	add_value(o, lock);
	add_store(o, &lock->taken, "taken", "before the fork point",
		"by the instruction right before the fork");
	if (!lock->taken.known && lock->at_fork)
		add(o, OUTLINE_SENTENCE,
			"the worker has not taken it in its sequence: somebody else held it "
			"already, or "
			"does by now");
	if (!lock->at_fork)
		add(o, OUTLINE_SENTENCE,
			"nobody held it when the fork was made: who waits for it has taken it "
			"himself");
	if (explanation->outcome == OUTCOME_WAITED)
		add_store(o, &lock->released, "given back", "after the fork point",
			"by the next instruction");
}

static void name_locks(const struct explanation_handler *handler, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < handler->locks && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
			handler->lock[i].name[0] ? handler->lock[i].name : "a lock");
	if (handler->more_locks && used < size)
		snprintf(text + used, size - used, " and %u more", handler->more_locks);
}

static void add_handlers(struct outline *o, const struct explanation *explanation)
{
	static const char *const phases[] = {
		[HANDLER_PREPARE] = "before the copy",
		[HANDLER_PARENT] = "after it, in the parent",
		[HANDLER_CHILD] = "after it, in the child",
	};
	static const char *const actions[] = {
		[HANDLER_LOCKS] = "locks",
		[HANDLER_RELEASES] = "releases",
		[HANDLER_REINITS] = "makes anew",
		[HANDLER_RESTORES] = "releases or makes anew",
		[HANDLER_NO_ACTION] = "locks nothing and gives nothing back",
	};
	for (size_t i = 0; i < explanation->fork.handlers; i++) {
		const struct explanation_handler *handler = &explanation->fork.handler[i];
		char locks[MODEL_TEXT_MAX];
		name_locks(handler, locks, sizeof locks);
		add(o, OUTLINE_NUMBERED, "%s: %s %s %s", phases[handler->phase], handler->name,
			actions[handler->action], locks);
	}
}

static void add_fork(struct outline *o, const struct explanation *explanation)
{
	const struct explanation_fork *fork = &explanation->fork;
	bool runs = strcmp(explanation->method, "fork") == 0;
	add(o, OUTLINE_HEADING, "The fork");
	add(o, OUTLINE_SENTENCE, "%s() is called by %s%s", explanation->method, fork->caller,
		fork->in_handler ? ", which has interrupted its own call"
				 : " while the worker stands still");
	if (!runs) {
		add(o, OUTLINE_SENTENCE, "it runs no atfork handlers");
		return;
	}
	if (fork->all_known)
		add(o, OUTLINE_SENTENCE, "the allocator's handlers, by an audit: %s%s", fork->audit,
			fork->handlers ? "; in their order:" : "");
	else if (fork->handlers)
		add(o, OUTLINE_SENTENCE,
			"its handlers, as far as they were seen to wait for a lock, up to this "
			"point:");
	add_handlers(o, explanation);
	if (fork->waited) {
		add(o, OUTLINE_SENTENCE, "here it waits: the forking thread is %s", fork->doing);
		add_stack(o, &fork->stack);
	} else if (explanation->outcome != OUTCOME_UNTRIED &&
		   explanation->outcome != OUTCOME_PARENT_STUCK) {
		add(o, OUTLINE_SENTENCE,
			"here it goes through at once: no handler waits for a lock");
	}
	if (fork->through_point)
		add(o, OUTLINE_SENTENCE,
			"it goes through at point %" PRIu32 ", after %" PRIu64
			" more instructions of the worker's",
			fork->through_point, fork->waited_instructions);
}

static void add_child(struct outline *o, const struct explanation *explanation)
{
	add(o, OUTLINE_HEADING,
		explanation->outcome == OUTCOME_PARENT_STUCK ? "Who is stuck" : "The child");
	if (explanation->outcome == OUTCOME_WAITED)
		add(o, OUTLINE_SENTENCE,
			"it does all its work: the lock was free when its memory was copied, "
			"because the "
			"handler had waited for that");
	else if (explanation->outcome == OUTCOME_OK)
		add(o, OUTLINE_SENTENCE, "it does all its work");
	else if (explanation->outcome == OUTCOME_UNTRIED)
		add(o, OUTLINE_SENTENCE, "there is none: no fork was tried at this point");
	if (explanation->step[0])
		add(o, OUTLINE_SENTENCE, "it is %s%s, step %s of its ladder",
			explanation->call[0] ? "in " : "outside of the allocator",
			explanation->call, explanation->step);
	for (unsigned i = 0; i < explanation->threads; i++) {
		const struct explanation_thread *thread = &explanation->thread[i];
		add(o, OUTLINE_SENTENCE, "%s, thread %d: %s", thread->role, (int)thread->tid,
			thread->doing);
		add_stack(o, &thread->stack);
	}
	if (explanation->reasons)
		add(o, OUTLINE_SENTENCE, "%s",
			explanation->certainty == CERTAINTY_PROVEN
				? "why this is for ever:"
				: "why this seems to be for ever (strong evidence, no proof):");
	for (unsigned i = 0; i < explanation->reasons; i++)
		add(o, OUTLINE_NUMBERED, "%s", explanation->reason[i]);
}

static void add_remedies(struct outline *o, const struct explanation *explanation)
{
	if (explanation->remedies)
		add(o, OUTLINE_HEADING, "What would have prevented it");
	for (unsigned i = 0; i < explanation->remedies; i++)
		add(o, OUTLINE_NUMBERED, "%s", explanation->remedy[i]);
	if (explanation->notes)
		add(o, OUTLINE_HEADING, "Names that are missing");
	for (unsigned i = 0; i < explanation->notes; i++)
		add(o, OUTLINE_SENTENCE, "%s", explanation->note[i]);
	add(o, OUTLINE_HEADING, "Again");
	add(o, OUTLINE_COMMAND, "%s", explanation->command);
}

void outline_make(struct outline *outline, const struct explanation *explanation)
{
	outline->items = 0;
	add_title(outline, explanation);
	if (explanation->outcome != OUTCOME_NO_POINT) {
		add_worker(outline, explanation);
		add_lock(outline, explanation);
		add_fork(outline, explanation);
		add_child(outline, explanation);
	}
	add_remedies(outline, explanation);
}
