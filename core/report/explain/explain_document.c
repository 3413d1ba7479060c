/* An explanation for people, from the worker to the remedies. */
#include "audit_text.h"
#include "describe.h"
#include "explain_print.h"
#include "explain_texts.h"
#include "finding_text.h"
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SOURCE_COLUMN = 64 };

static const struct block_style sentence = {.indent = 2, .hang = 2},
				numbered = {.kind = BLOCK_NUMBERED, .indent = 4},
				code = {.kind = BLOCK_CODE};

/* ---- Stacks ---- */

/* One frame in words, and where that is in the source, or "". */
static void frame_text(char *name, size_t name_size, char *source, size_t source_size,
	const struct stack_frame *frame)
{
	const char *slash = strrchr(frame->source, '/');
	describe_frame(name, name_size, frame);
	source[0] = '\0';
	if (frame->line)
		snprintf(source, source_size, "%s:%u", slash ? slash + 1 : frame->source,
			frame->line);
}

/* Numbers, names, and in a column of their own the lines of the source. */
static void add_stack(struct document *o, const struct stack *stack)
{
	char name[STACK_NAME_MAX * 2 + 32], source[STACK_PATH_MAX];
	unsigned number = 0;
	for (size_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *frame = &stack->frame[i];
		if (frame->interrupted)
			document_add(o, code, "         a signal arrived here:");
		frame_text(name, sizeof(name), source, sizeof(source), frame);
		document_add(o, code, "    #%-2u  %-*s%s%s", number, source[0] ? SOURCE_COLUMN : 0,
			name, source[0] ? "  " : "", source);
		number += !frame->inlined;
	}
	if (stack->truncated)
		document_add(o, code, "         and so on: the rest could not be unwound");
}

/* ---- The parts ---- */

static const char *certainty_suffix(const struct explanation *explanation)
{
	switch (explanation->finding.certainty) {
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

static void add_title(struct document *o, const struct explanation *explanation)
{
	char subject[MODEL_NAME_MAX * 4], search[MODEL_TEXT_MAX];
	snprintf(subject, sizeof(subject), "%s%s%s / %s / %s", explanation->allocator,
		explanation->version[0] ? " " : "", explanation->version, explanation->scenario,
		format_call(explanation->method));
	if (explanation->outcome == OUTCOME_NO_POINT)
		document_block(o, BLOCK_TITLE, "%s: nothing to explain", subject);
	else
		document_block(o, BLOCK_TITLE, "%s, fork point %" PRIu32 ": %s%s", subject,
			explanation->point, outcome(explanation), certainty_suffix(explanation));
	describe_search(search, sizeof(search), explanation);
	document_add(o, sentence, "%s", search);
	if (explanation->has_finding) {
		finding_text(search, sizeof(search), &explanation->finding);
		document_add(o, sentence, "%s", search);
	}
}

static void add_worker(struct document *o, const struct explanation *explanation)
{
	document_block(o, BLOCK_HEADING, "The worker");
	if (explanation->worker.inside)
		document_add(o, sentence,
			"thread %d is in %s, %" PRIu64 " instructions into the call; %" PRIu64
			" instructions since its sequence began",
			(int)explanation->worker.tid, explanation->worker.call,
			explanation->worker.into, explanation->instruction);
	else
		document_add(o, sentence,
			"thread %d is in no call, %" PRIu64 " instructions after %s; %" PRIu64
			" instructions since its sequence began",
			(int)explanation->worker.tid, explanation->worker.into,
			explanation->worker.call[0] ? explanation->worker.call : "its beginning",
			explanation->instruction);
	add_stack(o, &explanation->worker.stack);
}

static void add_value(struct document *o, const struct explanation_lock *lock)
{
	char stuck[64] = "", owner[MODEL_NAME_MAX * 2] = "", role[MODEL_NAME_MAX];
	if (lock->seen_stuck && lock->when_stuck != lock->at_fork)
		snprintf(stuck, sizeof(stuck), ", %" PRIu32 " in the stuck process",
			lock->when_stuck);
	finding_text_role(role, sizeof(role), &lock->owner);
	if (*role)
		snprintf(owner, sizeof(owner), "; its owner word names thread %d, %s",
			(int)lock->owner_tid, role);
	document_add(o, sentence, "its word is %" PRIu32 " at the fork%s%s", lock->at_fork, stuck,
		owner);
}

static void add_adjacent_store(struct document *o, const struct explanation_store *store,
	const char *what, const char *when)
{
	char name[STACK_NAME_MAX * 2] = "", source[STACK_PATH_MAX] = "";
	if (store->stack.frames > 0)
		frame_text(name, sizeof(name), source, sizeof(source), &store->stack.frame[0]);
	document_add(o, sentence,
		"%s by the worker, %s: the store at %s%s%s made the word %" PRIu32
		", which was %" PRIu32,
		what, when, name, source[0] ? ", " : "", source, store->after, store->before);
}

/* "taken by the worker, 61 instructions before the fork point" */
static void add_store(struct document *o, const struct explanation_store *store, const char *what,
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
	snprintf(distance, sizeof(distance), "%" PRIu64 " instruction%s %s", store->instructions,
		store->instructions == 1 ? "" : "s", when);
	document_add(o, sentence,
		"%s by the worker, %s: the store that made the word %" PRIu32
		", which was %" PRIu32,
		what, distance, store->after, store->before);
	add_stack(o, &store->stack);
}

static void add_lock(struct document *o, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	char place[MODEL_TEXT_MAX], origin[MODEL_NAME_MAX * 2];
	if (!lock->known)
		return;
	document_block(o, BLOCK_HEADING, "The lock");
	describe_location(place, sizeof(place), &lock->object);
	describe_origin(origin, sizeof(origin), explanation);
	document_add(o, sentence, "%s at 0x%" PRIx64 ": %s%s%s%s", lock->name, lock->address, place,
		*origin ? "; it is " : "", origin, *origin ? ", not the allocator's" : "");
	add_value(o, lock);
	add_store(o, &lock->taken, "taken", "before the fork point",
		"by the instruction right before the fork");
	if (!lock->taken.known && lock->at_fork)
		document_add(o, sentence,
			"the worker has not taken it in its sequence: another thread held it "
			"already, or holds it by now");
	if (!lock->at_fork)
		document_add(o, sentence,
			"no thread held it at the fork: the thread that waits for it has taken it "
			"itself");
	if (explanation->outcome == OUTCOME_WAITED)
		add_store(o, &lock->released, "released", "after the fork point",
			"by the next instruction");
}

static void add_handlers(struct document *o, const struct explanation *explanation)
{
	static const char *const phases[] = {
		[ATFORK_PREPARE] = "before the fork",
		[ATFORK_PARENT] = "after the fork, in the parent",
		[ATFORK_CHILD] = "after the fork, in the child",
	};
	static const char *const actions[] = {
		[HANDLER_LOCKS] = "locks",
		[HANDLER_RELEASES] = "releases",
		[HANDLER_REINITS] = "re-initialises",
		[HANDLER_RESTORES] = "releases or re-initialises",
		[HANDLER_NO_ACTION] = "locks nothing and releases nothing",
	};
	for (size_t i = 0; i < explanation->fork.handlers; i++) {
		const struct explanation_handler *handler = &explanation->fork.handler[i];
		char locks[MODEL_TEXT_MAX];
		explanation_lock_names(handler, locks, sizeof(locks));
		document_add(o, numbered, "%s: %s %s %s", phases[handler->phase], handler->name,
			actions[handler->action], locks);
	}
}

static void add_fork(struct document *o, const struct explanation *explanation)
{
	const struct explanation_fork *fork = &explanation->fork;
	char audit[MODEL_TEXT_MAX];
	char doing[MODEL_TEXT_MAX];
	document_block(o, BLOCK_HEADING, "The fork");
	document_add(o, sentence, "%s is called by %s%s", format_call(explanation->method),
		describe_caller(fork),
		fork->in_handler ? " that interrupted its own call"
				 : " while the worker is stopped");
	if (explanation->method != METHOD_FORK) {
		document_add(o, sentence, "it runs no atfork handlers");
		return;
	}
	if (fork->all_known) {
		audit_text(audit, sizeof(audit), &fork->audit);
		document_add(o, sentence, "the allocator's handlers, by an audit: %s%s", audit,
			fork->handlers ? "; in their order:" : "");
	} else if (fork->handlers)
		document_add(o, sentence,
			"its handlers that were seen to wait for a lock, up to this point:");
	add_handlers(o, explanation);
	if (fork->waited) {
		describe_task(doing, sizeof(doing), &fork->task);
		document_add(o, sentence, "here it waits: the forking thread is %s", doing);
		add_stack(o, &fork->stack);
	} else if (explanation->outcome != OUTCOME_UNTRIED &&
		   explanation->outcome != OUTCOME_PARENT_STUCK) {
		document_add(o, sentence, "here it returns at once: no handler waits for a lock");
	}
	if (fork->through_point)
		document_add(o, sentence,
			"it returns at point %" PRIu32 ", after %" PRIu64
			" more instructions of the worker",
			fork->through_point, fork->waited_instructions);
}

static void add_child(struct document *o, const struct explanation *explanation)
{
	const struct finding *finding = &explanation->finding;
	char text[FINDING_TEXT_MAX];
	char doing[MODEL_TEXT_MAX];
	document_block(o, BLOCK_HEADING,
		explanation->outcome == OUTCOME_PARENT_STUCK ? "The stuck process" : "The child");
	if (explanation->outcome == OUTCOME_WAITED)
		document_add(o, sentence,
			"it does all its work: the lock was free at the fork, because the handler "
			"had waited for that");
	else if (explanation->outcome == OUTCOME_OK)
		document_add(o, sentence, "it does all its work");
	else if (explanation->outcome == OUTCOME_UNTRIED)
		document_add(o, sentence, "there is none: no fork was tried at this point");
	if (finding->step != CHILD_STEP_NONE) {
		finding_text_call(text, sizeof(text), &finding->call);
		document_add(o, sentence, "it is %s%s, child step %s",
			*text ? "in " : "outside of the allocator", text,
			finding_text_step(finding->step, finding->step_name));
	}
	for (unsigned i = 0; i < explanation->threads; i++) {
		const struct explanation_thread *thread = &explanation->thread[i];
		describe_thread(doing, sizeof(doing), thread);
		document_add(o, sentence, "%s, thread %d: %s", describe_role(thread->role),
			(int)thread->tid, doing);
		add_stack(o, &thread->stack);
	}
	if (finding->reasons)
		document_add(o, sentence, "%s",
			explanation->finding.certainty == CERTAINTY_PROVEN
				? "why it cannot go on:"
				: "why it probably cannot go on (strong evidence, no proof):");
	for (unsigned i = 0; i < finding->reasons; i++) {
		finding_text_reason(text, sizeof(text), finding, i);
		document_add(o, numbered, "%s", text);
	}
}

static void add_remedies(struct document *o, const struct explanation *explanation)
{
	struct explain_texts remedies = {0}, notes = {0};
	explain_remedies(&remedies, explanation);
	explain_missing_names(&notes, explanation);
	if (remedies.count)
		document_block(o, BLOCK_HEADING, "What would have prevented it");
	for (unsigned i = 0; i < remedies.count; i++)
		document_add(o, numbered, "%s", remedies.text[i]);
	if (notes.count)
		document_block(o, BLOCK_HEADING, "Names that are missing");
	for (unsigned i = 0; i < notes.count; i++)
		document_add(o, sentence, "%s", notes.text[i]);
	document_block(o, BLOCK_HEADING, "Again");
	document_add(o, (struct block_style){.kind = BLOCK_COMMAND, .indent = 2, .hang = 2}, "%s",
		explanation->command);
}

static struct document explain_document(
	const struct explanation *explanation, const struct print_options *options)
{
	struct document document = {.options = options};
	add_title(&document, explanation);
	if (explanation->outcome != OUTCOME_NO_POINT) {
		add_worker(&document, explanation);
		add_lock(&document, explanation);
		add_fork(&document, explanation);
		add_child(&document, explanation);
	}
	add_remedies(&document, explanation);
	return document;
}

int explain_print(FILE *out, enum output_format format, const struct explanation *explanation,
	const struct print_options *options)
{
	if (format == OUTPUT_JSON)
		return explain_print_json(out, explanation);
	if (format == OUTPUT_DOT)
		return explain_print_dot(out, explanation);
	if (format == OUTPUT_SVG)
		return explain_print_svg(out, explanation);
	struct document document = explain_document(explanation, options);
	return document_write(out, &document, format);
}
