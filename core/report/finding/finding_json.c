#include "finding_json.h"

#include "finding_text.h"
#include "json_node.h"

json_t *node_call(const struct heap_call *call)
{
	char text[MODEL_NAME_MAX];
	finding_text_call(text, sizeof(text), call);
	return node_text_or_null(text);
}

json_t *node_role(const struct thread_role *role)
{
	char text[MODEL_NAME_MAX];
	finding_text_role(text, sizeof(text), role);
	return node_text_or_null(text);
}

json_t *node_step(enum child_step step, const char *name)
{
	return node_text_or_null(finding_text_step(step, name));
}

static json_t *reason_at(const void *of, size_t i)
{
	char text[FINDING_TEXT_MAX];
	finding_text_reason(text, sizeof(text), of, (unsigned)i);
	return node_text(text);
}

json_t *node_reasons(const struct finding *finding)
{
	bool all = finding->reasons < MODEL_REASONS_MAX;
	return node_array(finding, all ? finding->reasons : MODEL_REASONS_MAX, reason_at);
}
