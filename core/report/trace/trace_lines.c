/* JSON lines: an object for the trace, each trial, each snapshot and each event (docs/trace.md). */
#include "json_node.h"
#include "trace_print.h"

#include "shm_map.h"

#include <errno.h>

static const char *const kinds[EVENT_KINDS] = {
	[EVENT_CALL] = "call",
	[EVENT_FORK] = "fork",
	[EVENT_LOCK_HELD] = "hold",
	[EVENT_CHILD_STEP] = "step",
};

static const char *const moments[EVENT_MOMENTS] = {
	[EVENT_PARENT_BEFORE] = "parent before",
	[EVENT_CHILD_BEFORE] = "child before",
	[EVENT_CHILD_AFTER] = "child after",
	[EVENT_PARENT_AFTER] = "parent after",
};

static int put(FILE *out, json_t *line)
{
	if (!line)
		return -ENOMEM;
	int failed = json_dumpf(line, out, JSON_COMPACT);
	json_decref(line);
	fputc('\n', out);
	return failed ? -EIO : 0;
}

static json_t *int_pair(const int32_t *number)
{
	return json_pack("[i, i]", number[0], number[1]);
}

static json_t *event(const struct trial_log *r, const struct log_entry *e, const char *kind)
{
	char thread[MODEL_NAME_MAX], what[MODEL_NAME_MAX * 2];
	return node_object((struct json_member[]){
		{"kind", node_literal(kind)},
		{"trial", node_integer(r->trial)},
		{"thread", node_text(trial_log_thread(r, e, thread, sizeof(thread)))},
		{"what", node_text(trial_log_what(r, e, what, sizeof(what)))},
		{"bytes", e->kind == EVENT_CALL ? node_integer(e->size) : json_null()},
		{"address", e->kind == EVENT_FORK ? json_null() : node_address(e->address)},
		{"begin_ns", node_integer(e->begin_ns)},
		{"end_ns", node_integer_or_null((int64_t)e->end_ns)},
		{"pid", int_pair(e->pid)},
		{"tid", int_pair(e->tid)},
		{NULL, NULL},
	});
}

static json_t *file_at(const void *of, size_t i)
{
	const struct fd_entry *file = (const struct fd_entry *)of + i;
	return node_object((struct json_member[]){
		{"fd", node_integer((uint64_t)file->fd)},
		{"link", node_text(file->link)},
		{NULL, NULL},
	});
}

static json_t *files(const struct trial_log *r, int moment)
{
	const struct fd_table *f = &r->files[moment];
	size_t kept = f->count < EVENT_FDS_MAX ? f->count : EVENT_FDS_MAX;
	return node_object((struct json_member[]){
		{"kind", node_literal("files")},
		{"trial", node_integer(r->trial)},
		{"moment", node_literal(moments[moment])},
		{"count", node_integer(f->count)},
		{"files", node_array(f->file, kept, file_at)},
		{NULL, NULL},
	});
}

static json_t *heap(const struct trial_log *r, int moment)
{
	const struct heap_state *h = &r->heap[moment];
	return node_object((struct json_member[]){
		{"kind", node_literal("heap")},
		{"trial", node_integer(r->trial)},
		{"moment", node_literal(moments[moment])},
		{"used_bytes", h->has_sizes ? node_integer(h->used_bytes) : json_null()},
		{"mapped_bytes", h->has_sizes ? node_integer(h->mapped_bytes) : json_null()},
		{"sound", h->checked ? node_boolean(h->sound) : json_null()},
		{"blocks", node_integer(h->blocks)},
		{"block_bytes", node_integer(h->block_bytes)},
		{"damaged", node_integer(h->damaged)},
		{"workers_not_at_rest", node_integer(h->workers_running)},
		{"remark", node_text_or_null(h->text)},
		{NULL, NULL},
	});
}

static json_t *trial(const struct trial_log *r)
{
	return node_object((struct json_member[]){
		{"kind", node_literal("trial")},
		{"trial", node_integer(r->trial)},
		{"verdict", node_literal(verdict_name(r->verdict))},
		{"finding", node_text_or_null(r->sentence)},
		{"parent", node_integer_or_null(r->parent_pid)},
		{"child", node_integer_or_null(r->child_pid)},
		{"events", node_integer(r->entries)},
		{"left_out", node_integer(r->left_out)},
		{"damaged", node_integer(r->damaged)},
		{NULL, NULL},
	});
}

static int put_trial(FILE *out, const struct trial_log *r)
{
	int error = put(out, trial(r));
	for (int i = 0; i < EVENT_MOMENTS && !error; i++)
		if (r->files[i].valid)
			error = put(out, files(r, i));
	for (int i = 0; i < EVENT_MOMENTS && !error; i++)
		if (r->heap[i].valid)
			error = put(out, heap(r, i));
	for (size_t i = 0; i < r->inherited && !error; i++)
		error = put(out, event(r, &r->inheritance[i], "inherited"));
	for (size_t i = 0; i < r->entries && !error; i++)
		error = put(out, event(r, &r->entry[i], kinds[r->entry[i].kind]));
	return error;
}

int trace_print_lines(FILE *out, const struct trace_report *trace_report)
{
	int error = put(
		out, node_object((struct json_member[]){
			     {"kind", node_literal("trace")},
			     {"schema", node_literal("forklab-trace/1")},
			     {"allocator", node_text(trace_report->allocator)},
			     {"version", node_text(trace_report->version)},
			     {"scenario", node_text(trace_report->scenario)},
			     {"method", node_text(trace_report->method)},
			     {"seed", node_integer(trace_report->seed)},
			     {"kernel", node_text(trace_report->host.kernel)},
			     {"libc", node_text(trace_report->host.libc)},
			     {"environment", node_environment(&trace_report->host)},
			     {"environment_removed", node_environment_removed(&trace_report->host)},
			     {NULL, NULL},
		     }));
	for (size_t i = 0; i < trace_report->trial_logs && !error; i++)
		error = put_trial(out, &trace_report->trial_log[i]);
	return error;
}
