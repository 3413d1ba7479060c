/* An audit for programs: schema "forklab-audit/1". What is not known is null. */
#include "audit_print.h"
#include "audit_text.h"
#include "json_node.h"

static json_t *counts_object(const struct audit_action *action)
{
	return node_object((struct json_member[]){
		{"instructions", node_integer(action->instructions)},
		{"mutex_calls", node_integer(action->mutex_calls)},
		{"syscalls", node_integer(action->syscalls)},
		{"stores", node_integer(action->stores)},
		{"locked", node_integer(action->locked)},
		{0},
	});
}

static json_t *handler_object(const struct audit_handler *handler)
{
	if (!handler->address)
		return json_null();
	return node_object((struct json_member[]){
		{"address", node_address(handler->address)},
		{"name", node_text(handler->name)},
		{"order", node_integer_or_null(handler->action.order)},
		{"did", counts_object(&handler->action)},
		{"median_ns", node_real_or_null(handler->action.median_ns)},
		{0},
	});
}

static json_t *registration_at(const void *of, size_t i)
{
	const struct audit *audit = of;
	const struct audit_registration *registration = &audit->registration[i];
	return node_object((struct json_member[]){
		{"number", node_integer(i + 1)},
		{"door", node_text(audit_entry_point_name(registration->entry_point))},
		{"caller", node_text(registration->caller)},
		{"own", node_boolean(registration->own)},
		{"duplicate_of", node_integer_or_null(registration->duplicate_of)},
		{"prepare", handler_object(&registration->handler[ATFORK_PREPARE])},
		{"parent", handler_object(&registration->handler[ATFORK_PARENT])},
		{"child", handler_object(&registration->handler[ATFORK_CHILD])},
		{0},
	});
}

static json_t *lock_word_at(const void *of, size_t i)
{
	const struct audit_lock_word *word = &((const struct audit *)of)->word[i];
	return node_object((struct json_member[]){
		{"address", node_address(word->address)},
		{"name", node_text(word->name)},
		{"size", node_integer(word->size)},
		{"registration", node_integer_or_null(word->taker + 1)},
		{"mutex", node_boolean(word->mutex)},
		{"locked", node_boolean(!word->reset)},
		{"of_malloc", node_boolean(word->of_malloc)},
		{"parent", word->reset ? json_null()
				       : node_literal(audit_lock_state_name(word->parent))},
		{"child", node_literal(audit_lock_state_name(word->child))},
		{0},
	});
}

/* A published lock that the handlers leave alone. */
static json_t *unhandled_locks(const struct audit *audit)
{
	json_t *list = json_array();
	for (uint32_t i = 0; list && i < audit->known; i++) {
		const struct audit_published_lock *lock = &audit->known_lock[i];
		if (!lock->taken && !lock->reset)
			list = node_append(list, node_text(lock->name));
	}
	return list;
}

static json_t *libc_object(const struct audit *audit)
{
	return node_object((struct json_member[]){
		{"prepare", counts_object(&audit->libc[ATFORK_PREPARE])},
		{"parent", counts_object(&audit->libc[ATFORK_PARENT])},
		{"child", counts_object(&audit->libc[ATFORK_CHILD])},
		{0},
	});
}

static json_t *audit_at(const void *of, size_t i)
{
	const struct audit *audit = &((const struct audit_report *)of)->audit[i];
	char brief[MODEL_NAME_MAX], sentence[MODEL_TEXT_MAX];
	audit_text_brief(brief, sizeof(brief), &audit->summary);
	audit_text(sentence, sizeof(sentence), &audit->summary);
	return node_object((struct json_member[]){
		{"allocator", node_text(audit->allocator)},
		{"version", node_text_or_null(audit->version)},
		{"link", node_literal(link_kind_name(audit->link))},
		{"atfork", node_text(brief)},
		{"kind", node_literal(audit_kind_name(audit->summary.kind))},
		{"sentence", node_text(sentence)},
		{"why", node_text_or_null(audit->summary.why)},
		{"locks", node_integer(audit->summary.locks)},
		{"released", node_integer(audit->summary.released)},
		{"reinitialised", node_integer(audit->summary.reinited)},
		{"left_locked", node_integer(audit->summary.left)},
		{"reset_only", node_integer(audit->summary.resets)},
		{"forgotten", unhandled_locks(audit)},
		{"registrations", node_array(audit, audit->registrations, registration_at)},
		{"fork_itself", libc_object(audit)},
		{"words", node_array(audit, audit->words, lock_word_at)},
		{"more", node_boolean(audit->lost)},
		{"seconds", node_real(audit->seconds)},
		{0},
	});
}

int audit_print_json(FILE *out, const struct audit_report *report)
{
	return node_write(
		out, node_object((struct json_member[]){
			     {"schema", node_literal("forklab-audit/1")},
			     {"kernel", node_text(report->host.kernel)},
			     {"libc", node_text(report->host.libc)},
			     {"environment", node_environment(&report->host)},
			     {"environment_removed", node_environment_removed(&report->host)},
			     {"audits", node_array(report, report->audits, audit_at)},
			     {"partial", node_boolean(report->partial)},
			     {"seconds", node_real(report->seconds)},
			     {0},
		     }));
}
