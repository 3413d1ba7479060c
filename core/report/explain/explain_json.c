/* explain --format json: everything, schema forklab/1. */
#include "audit_text.h"
#include "describe.h"
#include "explain_print.h"
#include "explain_texts.h"
#include "finding_json.h"
#include "finding_text.h"
#include "json_node.h"
#include "shm_map.h"

static json_t *frame_at(const void *of, size_t i)
{
	const struct stack_frame *frame = &((const struct stack *)of)->frame[i];
	bool named = frame->function[0] && !frame->inlined;
	return node_object((struct json_member[]){
		{"pc", node_address(frame->pc)},
		{"module", node_text_or_null(frame->module)},
		{"module_offset",
			frame->module[0] ? node_address(frame->module_offset) : json_null()},
		{"function", node_text_or_null(frame->function)},
		{"offset", named ? node_integer(frame->offset) : json_null()},
		{"inlined", node_boolean(frame->inlined)},
		{"trampoline", node_boolean(frame->trampoline)},
		{"interrupted", node_boolean(frame->interrupted)},
		{"source", node_text_or_null(frame->source)},
		{"line", node_integer_or_null(frame->line)},
		{0},
	});
}

/* Null: there is none. */
static json_t *stack_object(const struct stack *stack)
{
	if (stack->frames == 0)
		return json_null();
	return node_object((struct json_member[]){
		{"frames", node_array(stack, stack->frames, frame_at)},
		{"complete", node_boolean(!stack->truncated)},
		{0},
	});
}

static json_t *worker_object(const struct explanation *explanation)
{
	return node_object((struct json_member[]){
		{"tid", node_integer((uint64_t)explanation->worker.tid)},
		{"call", node_text_or_null(explanation->worker.call)},
		{"inside", node_boolean(explanation->worker.inside)},
		{"instructions_into", node_integer(explanation->worker.into)},
		{"stack", stack_object(&explanation->worker.stack)},
		{0},
	});
}

static json_t *store_object(const struct explanation_store *store)
{
	if (!store->known)
		return json_null();
	return node_object((struct json_member[]){
		{"instructions", node_integer(store->instructions)},
		{"before", node_integer(store->before)},
		{"after", node_integer(store->after)},
		{"stack", stack_object(&store->stack)},
		{0},
	});
}

static json_t *lock_object(const struct explanation_lock *lock)
{
	if (!lock->known)
		return json_null();
	const struct address_info *object = &lock->object;
	bool variable = object->kind == ADDRESS_VARIABLE;
	return node_object((struct json_member[]){
		{"address", node_address(lock->address)},
		{"name", node_text(lock->name)},
		{"published", node_text_or_null(lock->published)},
		{"of_application", node_boolean(lock->of_application)},
		{"origin", node_literal(lock_origin_name(lock->origin))},
		{"by_allocator", node_boolean(lock->by_allocator)},
		{"waits_for", node_literal(wait_object_name(lock->waits_for))},
		{"taken_by", node_text_or_null(lock->taker)},
		{"kind", node_literal(address_kind_name(object->kind))},
		{"variable", node_text_or_null(object->name)},
		{"variable_offset", object->name[0] ? node_integer(object->address - object->start)
						    : json_null()},
		{"module", node_text_or_null(object->module)},
		{"module_offset", variable ? node_address(object->module_offset) : json_null()},
		{"value_at_fork", node_integer(lock->at_fork)},
		{"value_when_stuck",
			lock->seen_stuck ? node_integer(lock->when_stuck) : json_null()},
		{"owner_tid", node_integer_or_null(lock->owner_tid)},
		{"owner", node_role(&lock->owner)},
		{"taken", store_object(&lock->taken)},
		{"released", store_object(&lock->released)},
		{0},
	});
}

/* ---- The fork ---- */

static json_t *locked_at(const void *of, size_t i)
{
	const struct explanation_handler *handler = of;
	return node_object((struct json_member[]){
		{"address", node_address(handler->lock[i].address)},
		{"name", node_text_or_null(handler->lock[i].name)},
		{"point", node_integer_or_null(handler->lock[i].point)},
		{0},
	});
}

static json_t *handler_at(const void *of, size_t i)
{
	static const char *const actions[] = {
		[HANDLER_LOCKS] = "locks",
		[HANDLER_RELEASES] = "releases",
		[HANDLER_REINITS] = "reinits",
		[HANDLER_RESTORES] = "puts-back",
		[HANDLER_NO_ACTION] = "nothing",
	};
	const struct explanation_handler *handler =
		&((const struct explanation_fork *)of)->handler[i];
	return node_object((struct json_member[]){
		{"phase", node_literal(atfork_phase_name(handler->phase))},
		{"name", node_text(handler->name)},
		{"deed", node_literal(actions[handler->action])},
		{"more_locks", node_integer(handler->more_locks)},
		{"locks", node_array(handler, handler->locks, locked_at)},
		{0},
	});
}

static json_t *fork_object(const struct explanation_fork *fork)
{
	char audit[MODEL_TEXT_MAX] = "", doing[MODEL_TEXT_MAX] = "";
	if (fork->all_known)
		audit_text(audit, sizeof(audit), &fork->audit);
	if (fork->waited)
		describe_task(doing, sizeof(doing), &fork->task);
	return node_object((struct json_member[]){
		{"caller", node_text(describe_caller(fork))},
		{"in_signal_handler", node_boolean(fork->in_handler)},
		{"handlers", node_array(fork, fork->handlers, handler_at)},
		{"audit", node_text_or_null(audit)},
		{"handlers_complete", node_boolean(fork->all_known)},
		{"waited", node_boolean(fork->waited)},
		{"waited_instructions", fork->through_point
						? node_integer(fork->waited_instructions)
						: json_null()},
		{"through_point", node_integer_or_null(fork->through_point)},
		{"doing", node_text_or_null(doing)},
		{"stack", stack_object(&fork->stack)},
		{0},
	});
}

/* ---- Who is stuck, and the words ---- */

static json_t *thread_at(const void *of, size_t i)
{
	const struct explanation_thread *thread = &((const struct explanation *)of)->thread[i];
	char doing[MODEL_TEXT_MAX];
	describe_thread(doing, sizeof(doing), thread);
	return node_object((struct json_member[]){
		{"who", node_text(describe_role(thread->role))},
		{"tid", node_integer((uint64_t)thread->tid)},
		{"doing", node_text(doing)},
		{"stack", stack_object(&thread->stack)},
		{0},
	});
}

static json_t *sentence_node(const struct explanation *explanation)
{
	char text[FINDING_TEXT_MAX] = "";
	if (explanation->has_finding)
		finding_text(text, sizeof(text), &explanation->finding);
	return node_text_or_null(text);
}

static json_t *explanation_object(const struct explanation *explanation)
{
	struct explain_texts remedies = {0}, notes = {0};
	char search[MODEL_TEXT_MAX];
	explain_remedies(&remedies, explanation);
	explain_missing_names(&notes, explanation);
	describe_search(search, sizeof(search), explanation);
	return node_object((struct json_member[]){
		{"allocator", node_text(explanation->allocator)},
		{"version", node_text_or_null(explanation->version)},
		{"scenario", node_text(explanation->scenario)},
		{"method", node_literal(fork_method_name(explanation->method))},
		{"point", node_integer_or_null(explanation->point)},
		{"instruction", node_integer(explanation->instruction)},
		{"end", node_literal(explanation_outcome_name(explanation->outcome))},
		{"verdict", node_literal(verdict_name(explanation->verdict))},
		{"certainty", node_literal(certainty_name(explanation->finding.certainty))},
		{"search", node_text_or_null(search)},
		{"worker", explanation->point ? worker_object(explanation) : json_null()},
		{"lock", lock_object(&explanation->lock)},
		{"fork", explanation->point ? fork_object(&explanation->fork) : json_null()},
		{"step", node_step(explanation->finding.step, explanation->finding.step_name)},
		{"call", node_call(&explanation->finding.call)},
		{"stuck", node_array(explanation, explanation->threads, thread_at)},
		{"sentence", sentence_node(explanation)},
		{"reasons", node_reasons(&explanation->finding)},
		{"remedies", node_texts(remedies.text, remedies.count)},
		{"notes", node_texts(notes.text, notes.count)},
		{"command", node_text(explanation->command)},
		{0},
	});
}

int explain_print_json(FILE *out, const struct explanation *explanation)
{
	return node_write(out, node_object((struct json_member[]){
				       {"schema", node_literal("forklab/1")},
				       {"story", explanation_object(explanation)},
				       {0},
			       }));
}
