/* explain --format json: everything, schema forklab/1. */
#include "explain_print.h"
#include "json_node.h"

static json_t *frame_at(const void *of, size_t i)
{
	const struct stack_frame *frame = &((const struct stack *)of)->frame[i];
	bool named = frame->function[0] && !frame->inlined;
	return node_object((struct member[]){
		{"pc", node_address(frame->pc)},
		{"module", node_text_or_null(frame->module)},
		{"module_offset",
			frame->module[0] ? node_address(frame->module_offset) : json_null()},
		{"function", node_text_or_null(frame->function)},
		{"offset", named ? node_integer(frame->offset) : json_null()},
		{"inlined", node_truth(frame->inlined)},
		{"trampoline", node_truth(frame->trampoline)},
		{"interrupted", node_truth(frame->interrupted)},
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
	return node_object((struct member[]){
		{"frames", node_array(stack, stack->frames, frame_at)},
		{"complete", node_truth(!stack->cut)},
		{0},
	});
}

static json_t *worker_object(const struct story *story)
{
	return node_object((struct member[]){
		{"tid", node_integer((uint64_t)story->worker.tid)},
		{"call", node_text_or_null(story->worker.call)},
		{"inside", node_truth(story->worker.inside)},
		{"instructions_into", node_integer(story->worker.into)},
		{"stack", stack_object(&story->worker.stack)},
		{0},
	});
}

static json_t *store_object(const struct story_store *store)
{
	if (!store->known)
		return json_null();
	return node_object((struct member[]){
		{"instructions", node_integer(store->instructions)},
		{"before", node_integer(store->before)},
		{"after", node_integer(store->after)},
		{"stack", stack_object(&store->stack)},
		{0},
	});
}

static json_t *lock_object(const struct story_lock *lock)
{
	if (!lock->known)
		return json_null();
	const struct object *object = &lock->object;
	bool variable = object->kind == OBJECT_VARIABLE;
	return node_object((struct member[]){
		{"address", node_address(lock->address)},
		{"name", node_text(lock->name)},
		{"published", node_text_or_null(lock->published)},
		{"of_application", node_truth(lock->of_application)},
		{"kind", node_word(object_kind_name(object->kind))},
		{"variable", node_text_or_null(object->name)},
		{"variable_offset", object->name[0] ? node_integer(object->address - object->start)
						    : json_null()},
		{"module", node_text_or_null(object->module)},
		{"module_offset", variable ? node_address(object->module_offset) : json_null()},
		{"value_at_fork", node_integer(lock->at_fork)},
		{"value_when_stuck",
			lock->seen_stuck ? node_integer(lock->when_stuck) : json_null()},
		{"owner_tid", node_integer_or_null(lock->owner_tid)},
		{"owner", node_text_or_null(lock->owner)},
		{"taken", store_object(&lock->taken)},
		{"released", store_object(&lock->released)},
		{0},
	});
}

/* ---- The fork ---- */

static json_t *locked_at(const void *of, size_t i)
{
	const struct story_handler *handler = of;
	return node_object((struct member[]){
		{"address", node_address(handler->lock[i].address)},
		{"name", node_text_or_null(handler->lock[i].name)},
		{"point", node_integer_or_null(handler->lock[i].point)},
		{0},
	});
}

static json_t *handler_at(const void *of, size_t i)
{
	static const char *const phases[] = {
		[STORY_PREPARE] = "prepare",
		[STORY_IN_PARENT] = "parent",
		[STORY_IN_CHILD] = "child",
	};
	static const char *const deeds[] = {
		[STORY_LOCKS] = "locks",
		[STORY_RELEASES] = "releases",
		[STORY_REINITS] = "reinits",
		[STORY_PUTS_BACK] = "puts-back",
		[STORY_NOTHING_DONE] = "nothing",
	};
	const struct story_handler *handler = &((const struct story_fork *)of)->handler[i];
	return node_object((struct member[]){
		{"phase", node_word(phases[handler->phase])},
		{"name", node_text(handler->name)},
		{"deed", node_word(deeds[handler->deed])},
		{"more_locks", node_integer(handler->more_locks)},
		{"locks", node_array(handler, handler->locks, locked_at)},
		{0},
	});
}

static json_t *fork_object(const struct story_fork *fork)
{
	return node_object((struct member[]){
		{"caller", node_text(fork->caller)},
		{"in_signal_handler", node_truth(fork->in_handler)},
		{"handlers", node_array(fork, fork->handlers, handler_at)},
		{"audit", node_text_or_null(fork->audit)},
		{"handlers_complete", node_truth(fork->all_known)},
		{"waited", node_truth(fork->waited)},
		{"waited_instructions", fork->through_point
						? node_integer(fork->waited_instructions)
						: json_null()},
		{"through_point", node_integer_or_null(fork->through_point)},
		{"doing", node_text_or_null(fork->doing)},
		{"stack", stack_object(&fork->stack)},
		{0},
	});
}

/* ---- Who is stuck, and the words ---- */

static json_t *thread_at(const void *of, size_t i)
{
	const struct story_thread *thread = &((const struct story *)of)->thread[i];
	return node_object((struct member[]){
		{"who", node_text(thread->who)},
		{"tid", node_integer((uint64_t)thread->tid)},
		{"doing", node_text(thread->doing)},
		{"stack", stack_object(&thread->stack)},
		{0},
	});
}

static json_t *reason_at(const void *of, size_t i)
{
	return node_text(((const struct story *)of)->reason[i]);
}

static json_t *remedy_at(const void *of, size_t i)
{
	return node_text(((const struct story *)of)->remedy[i]);
}

static json_t *note_at(const void *of, size_t i)
{
	return node_text(((const struct story *)of)->note[i]);
}

static const char *certainty_name(enum certainty certainty)
{
	static const char *const names[] = {
		[CERTAINTY_NONE] = "none",
		[CERTAINTY_STRONG] = "strong",
		[CERTAINTY_PROVEN] = "proven",
	};
	return names[certainty];
}

static json_t *story_object(const struct story *story)
{
	return node_object((struct member[]){
		{"allocator", node_text(story->allocator)},
		{"version", node_text_or_null(story->version)},
		{"scenario", node_text(story->scenario)},
		{"method", node_text(story->method)},
		{"point", node_integer_or_null(story->point)},
		{"instruction", node_integer(story->instruction)},
		{"end", node_word(story_end_name(story->end))},
		{"verdict", node_word(verdict_name(story->verdict))},
		{"certainty", node_word(certainty_name(story->certainty))},
		{"search", node_text_or_null(story->search)},
		{"worker", story->point ? worker_object(story) : json_null()},
		{"lock", lock_object(&story->lock)},
		{"fork", story->point ? fork_object(&story->fork) : json_null()},
		{"step", node_text_or_null(story->step)},
		{"call", node_text_or_null(story->call)},
		{"stuck", node_array(story, story->threads, thread_at)},
		{"sentence", node_text_or_null(story->sentence)},
		{"reasons", node_array(story, story->reasons, reason_at)},
		{"remedies", node_array(story, story->remedies, remedy_at)},
		{"notes", node_array(story, story->notes, note_at)},
		{"command", node_text(story->again)},
		{0},
	});
}

int story_print_json(FILE *out, const struct story *story, const struct print_options *options)
{
	json_t *root = node_object((struct member[]){
		{"schema", node_word("forklab/1")},
		{"story", story_object(story)},
		{0},
	});
	(void)options;
	return node_write(out, root);
}
