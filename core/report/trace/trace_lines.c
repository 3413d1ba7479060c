/* JSON lines: an object each for the trace, each trial, each look and each event (docs/trace.md).
 */
#include "json_node.h"
#include "trace_print.h"

#include "shm_map.h"

#include <errno.h>

static const char *const kinds[TRACE_KINDS] = {
	[TRACE_CALL] = "call",
	[TRACE_FORK] = "fork",
	[TRACE_HOLD] = "hold",
	[TRACE_STEP] = "step",
};

static const char *const moments[TRACE_MOMENTS] = {
	[TRACE_PARENT_BEFORE] = "parent before",
	[TRACE_CHILD_BEFORE] = "child before",
	[TRACE_CHILD_AFTER] = "child after",
	[TRACE_PARENT_AFTER] = "parent after",
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

static json_t *pair(const int32_t *number)
{
	return json_pack("[i, i]", number[0], number[1]);
}

static json_t *event(const struct recording *r, const struct entry *e, const char *kind)
{
	char thread[MODEL_NAME_MAX], what[MODEL_NAME_MAX * 2];
	return node_object((struct member[]){
		{"kind", node_word(kind)},
		{"trial", node_integer(r->trial)},
		{"thread", node_text(recording_thread(r, e, thread, sizeof thread))},
		{"what", node_text(recording_what(r, e, what, sizeof what))},
		{"bytes", e->kind == TRACE_CALL ? node_integer(e->size) : json_null()},
		{"address", e->kind == TRACE_FORK ? json_null() : node_address(e->address)},
		{"begin_ns", node_integer(e->begin_ns)},
		{"end_ns", node_integer_or_null((int64_t)e->end_ns)},
		{"pid", pair(e->pid)},
		{"tid", pair(e->tid)},
		{NULL, NULL},
	});
}

static json_t *file_at(const void *of, size_t i)
{
	const struct trace_file *file = (const struct trace_file *)of + i;
	return node_object((struct member[]){
		{"fd", node_integer((uint64_t)file->fd)},
		{"link", node_text(file->link)},
		{NULL, NULL},
	});
}

static json_t *files(const struct recording *r, int moment)
{
	const struct trace_files *f = &r->files[moment];
	size_t kept = f->count < TRACE_FILES ? f->count : TRACE_FILES;
	return node_object((struct member[]){
		{"kind", node_word("files")},
		{"trial", node_integer(r->trial)},
		{"moment", node_word(moments[moment])},
		{"count", node_integer(f->count)},
		{"files", node_array(f->file, kept, file_at)},
		{NULL, NULL},
	});
}

static json_t *heap(const struct recording *r, int moment)
{
	const struct trace_heap *h = &r->heap[moment];
	return node_object((struct member[]){
		{"kind", node_word("heap")},
		{"trial", node_integer(r->trial)},
		{"moment", node_word(moments[moment])},
		{"used_bytes", h->told ? node_integer(h->used_bytes) : json_null()},
		{"mapped_bytes", h->told ? node_integer(h->mapped_bytes) : json_null()},
		{"sound", h->checked ? node_truth(h->sound) : json_null()},
		{"blocks", node_integer(h->blocks)},
		{"block_bytes", node_integer(h->block_bytes)},
		{"damaged", node_integer(h->damaged)},
		{"workers_not_at_rest", node_integer(h->unrested)},
		{"remark", node_text_or_null(h->text)},
		{NULL, NULL},
	});
}

static json_t *trial(const struct recording *r)
{
	return node_object((struct member[]){
		{"kind", node_word("trial")},
		{"trial", node_integer(r->trial)},
		{"verdict", node_word(verdict_name(r->verdict))},
		{"finding", node_text_or_null(r->sentence)},
		{"parent", node_integer_or_null(r->parent_pid)},
		{"child", node_integer_or_null(r->child_pid)},
		{"events", node_integer(r->entries)},
		{"left_out", node_integer(r->left_out)},
		{"damaged", node_integer(r->damaged)},
		{NULL, NULL},
	});
}

static int put_trial(FILE *out, const struct recording *r)
{
	int error = put(out, trial(r));
	for (int i = 0; i < TRACE_MOMENTS && !error; i++)
		if (r->files[i].looked)
			error = put(out, files(r, i));
	for (int i = 0; i < TRACE_MOMENTS && !error; i++)
		if (r->heap[i].looked)
			error = put(out, heap(r, i));
	for (size_t i = 0; i < r->inherited && !error; i++)
		error = put(out, event(r, &r->inheritance[i], "inherited"));
	for (size_t i = 0; i < r->entries && !error; i++)
		error = put(out, event(r, &r->entry[i], kinds[r->entry[i].kind]));
	return error;
}

int trace_lines(FILE *out, const struct tracing *tracing)
{
	int error = put(out, node_object((struct member[]){
				     {"kind", node_word("trace")},
				     {"schema", node_word("forklab-trace/1")},
				     {"allocator", node_text(tracing->allocator)},
				     {"version", node_text(tracing->version)},
				     {"scenario", node_text(tracing->scenario)},
				     {"method", node_text(tracing->method)},
				     {"seed", node_integer(tracing->seed)},
				     {"kernel", node_text(tracing->host.kernel)},
				     {"libc", node_text(tracing->host.libc)},
				     {NULL, NULL},
			     }));
	for (size_t i = 0; i < tracing->recordings && !error; i++)
		error = put_trial(out, &tracing->recording[i]);
	return error;
}
