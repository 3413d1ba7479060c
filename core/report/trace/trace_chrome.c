/*
 * The Chrome trace event format, as trace viewers open it: "Trace Event Format", Google 2016.
 * Processes and threads are tracks, calls and holds of locks slices, the fork is a flow. Times are
 * microseconds since the first event.
 */
#include "json_node.h"
#include "trace_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct chrome_trace {
	json_t *events;
	const struct trial_log *trial_log;
	uint64_t zero_ns;
	uint64_t last_ns;  /* of this trial */
	uint64_t child_ns; /* the child's first event; 0: none */
};

static json_t *microseconds(const struct chrome_trace *c, uint64_t ns)
{
	return node_real(ns > c->zero_ns ? (double)(ns - c->zero_ns) / 1e3 : 0);
}

static void put(struct chrome_trace *c, const char *phase, int32_t pid, int32_t tid, uint64_t at_ns,
	const struct json_member *more)
{
	json_t *event = node_object((struct json_member[]){
		{"ph", node_literal(phase)},
		{"pid", node_integer((uint64_t)pid)},
		{"tid", node_integer((uint64_t)tid)},
		{"ts", microseconds(c, at_ns)},
		{NULL, NULL},
	});
	json_t *rest = node_object(more);
	if (!event || !rest || json_object_update(event, rest) != 0)
		event = (json_decref(event), NULL);
	json_decref(rest);
	if (json_array_append_new(c->events, event) != 0) {
		json_decref(c->events);
		c->events = NULL;
	}
}

static void put_name(
	struct chrome_trace *c, const char *what, int32_t pid, int32_t tid, const char *text)
{
	put(c, "M", pid, tid, 0,
		(struct json_member[]){
			{"name", node_literal(what)},
			{"args", node_object((struct json_member[]){
					 {"name", node_text(text)}, {NULL, NULL}})},
			{NULL, NULL},
		});
}

static json_t *arguments(const struct chrome_trace *c, const struct log_entry *e)
{
	json_t *args = node_object((struct json_member[]){
		{"trial", node_integer(c->trial_log->trial)},
		{"address", node_address(e->address)},
		{"pid before", node_integer((uint64_t)e->pid[0])},
		{"pid after", node_integer((uint64_t)e->pid[1])},
		{"ended", node_boolean(e->end_ns != 0)},
		{NULL, NULL},
	});
	if (args && e->kind == EVENT_CALL)
		json_object_set_new(args, "bytes", node_integer(e->size));
	return args;
}

/* For a call that began in the parent and ended in the child: the part in the child's last step. */
static uint64_t begin_of(const struct chrome_trace *c, const struct log_entry *e)
{
	uint64_t begin = e->begin_ns;
	if (e->pid[0] == e->pid[1])
		return begin;
	begin = c->child_ns > begin ? c->child_ns : begin;
	for (size_t i = 0; i < c->trial_log->entries; i++) {
		const struct log_entry *step = &c->trial_log->entry[i];
		if (step->kind == EVENT_CHILD_STEP && step->begin_ns > begin &&
			step->begin_ns <= e->end_ns)
			begin = step->begin_ns;
	}
	return begin;
}

static void put_slice(
	struct chrome_trace *c, const struct log_entry *e, uint64_t begin_ns, uint64_t end_ns)
{
	static const char *const categories[EVENT_KINDS] = {
		[EVENT_CALL] = "allocator",
		[EVENT_FORK] = "fork",
		[EVENT_LOCK_HELD] = "lock",
		[EVENT_CHILD_STEP] = "step",
	};
	char text[MODEL_NAME_MAX * 2];
	put(c, "X", e->pid[1], e->tid[1], begin_ns,
		(struct json_member[]){
			{"name", node_text(trial_log_what(c->trial_log, e, text, sizeof(text)))},
			{"cat", node_literal(categories[e->kind])},
			{"dur", node_real(
					end_ns > begin_ns ? (double)(end_ns - begin_ns) / 1e3 : 0)},
			{"args", arguments(c, e)},
			{NULL, NULL},
		});
}

/*
 * A step lasts until the next one of its process: a grandchild may be in another one meanwhile. The
 * last step of a process lasts until its last event, and the last one of all until the last event
 * of the trial.
 */
static uint64_t step_end(const struct chrome_trace *c, const struct log_entry *step)
{
	const struct trial_log *r = c->trial_log;
	bool last_of_all = true;
	uint64_t end = step->begin_ns;
	for (const struct log_entry *e = step + 1; e < r->entry + r->entries; e++) {
		if (e->pid[1] != step->pid[1]) {
			last_of_all &= e->kind != EVENT_CHILD_STEP;
			continue;
		}
		if (e->kind == EVENT_CHILD_STEP)
			return e->begin_ns;
		uint64_t until = e->end_ns ? e->end_ns : c->last_ns;
		end = until > end ? until : end;
	}
	return last_of_all ? c->last_ns : end;
}

/* From within the parent's fork() to the child's first step. */
static void put_flow_event(
	struct chrome_trace *c, const char *phase, const struct log_entry *at, uint64_t ns)
{
	put(c, phase, at->pid[1], at->tid[1], ns,
		(struct json_member[]){
			{"name", node_literal("fork")},
			{"cat", node_literal("fork")},
			{"id", node_integer(c->trial_log->trial)},
			{"bp", node_literal("e")},
			{NULL, NULL},
		});
}

/* Marks the start of the child with what it inherited. */
static void put_inherited(struct chrome_trace *c, const struct log_entry *e)
{
	const struct trial_log *r = c->trial_log;
	char thread[MODEL_NAME_MAX], what[MODEL_NAME_MAX * 2], text[MODEL_NAME_MAX * 4];
	if (!c->child_ns)
		return;
	snprintf(text, sizeof(text), "inherited: %s%s %s",
		trial_log_thread(r, e, thread, sizeof(thread)),
		e->kind == EVENT_CALL ? " is in" : "", trial_log_what(r, e, what, sizeof(what)));
	put(c, "i", r->child_pid, r->child_pid, c->child_ns,
		(struct json_member[]){
			{"name", node_text(text)},
			{"cat", node_literal("inherited")},
			{"s", node_literal("t")},
			{"args", arguments(c, e)},
			{NULL, NULL},
		});
}

static void put_entry(struct chrome_trace *c, const struct log_entry *e)
{
	if (e->kind == EVENT_CHILD_STEP) {
		put_slice(c, e, e->begin_ns, step_end(c, e));
		return;
	}
	put_slice(c, e, begin_of(c, e), e->end_ns ? e->end_ns : c->last_ns);
}

/* A child's own children, and threads, write into its track. */
static bool is_first_of_generation(const struct trial_log *r, size_t index)
{
	int32_t pid = r->entry[index].pid[1];
	if (r->entry[index].track != EVENT_TRACK_CHILD || pid == r->child_pid ||
		pid == r->parent_pid)
		return false;
	while (index--)
		if (r->entry[index].track == EVENT_TRACK_CHILD && r->entry[index].pid[1] == pid)
			return false;
	return true;
}

static void name_generations(struct chrome_trace *c)
{
	const struct trial_log *r = c->trial_log;
	char text[MODEL_NAME_MAX];
	unsigned generation = 2;
	for (size_t i = 0; i < r->entries; i++) {
		int32_t pid = r->entry[i].pid[1];
		if (!is_first_of_generation(r, i))
			continue;
		snprintf(text, sizeof(text), "trial %" PRIu32 ": generation %u", r->trial,
			generation++);
		put_name(c, "process_name", pid, pid, text);
	}
}

static void name_tracks(struct chrome_trace *c)
{
	const struct trial_log *r = c->trial_log;
	char text[MODEL_NAME_MAX * 2], thread[MODEL_NAME_MAX];
	snprintf(text, sizeof(text), "trial %" PRIu32 ": parent", r->trial);
	put_name(c, "process_name", r->parent_pid, r->main_tid, text);
	put_name(c, "thread_name", r->parent_pid, r->main_tid, "main");
	for (uint32_t i = 0; i < r->workers; i++) {
		snprintf(thread, sizeof(thread), "worker %" PRIu32, i);
		if (r->worker_tid[i] > 0)
			put_name(c, "thread_name", r->parent_pid, r->worker_tid[i], thread);
	}
	if (r->child_pid <= 0)
		return;
	snprintf(text, sizeof(text), "trial %" PRIu32 ": child (%s)", r->trial,
		verdict_name(r->verdict));
	put_name(c, "process_name", r->child_pid, r->child_pid, text);
	put_name(c, "thread_name", r->child_pid, r->child_pid, "child");
	name_generations(c);
}

static void find_times(struct chrome_trace *c)
{
	const struct trial_log *r = c->trial_log;
	c->last_ns = c->child_ns = 0;
	for (size_t i = 0; i < r->entries; i++) {
		const struct log_entry *e = &r->entry[i];
		uint64_t last = e->end_ns ? e->end_ns : e->begin_ns;
		c->last_ns = last > c->last_ns ? last : c->last_ns;
		if (!c->child_ns && e->pid[0] == r->child_pid)
			c->child_ns = e->begin_ns;
	}
}

static const struct log_entry *first_of_child(const struct trial_log *r)
{
	for (size_t i = 0; i < r->entries; i++)
		if (r->entry[i].pid[0] == r->child_pid)
			return &r->entry[i];
	return NULL;
}

static void put_trial(struct chrome_trace *c, const struct trial_log *trial_log)
{
	c->trial_log = trial_log;
	find_times(c);
	name_tracks(c);
	for (size_t i = 0; i < trial_log->entries; i++)
		put_entry(c, &trial_log->entry[i]);
	for (size_t i = 0; i < trial_log->inherited; i++)
		put_inherited(c, &trial_log->inheritance[i]);
	const struct log_entry *fork = trial_log_fork(trial_log);
	const struct log_entry *child = fork && fork->end_ns ? first_of_child(trial_log) : NULL;
	if (child && child->begin_ns >= fork->begin_ns) {
		put_flow_event(c, "s", fork, fork->begin_ns);
		put_flow_event(c, "f", child, child->begin_ns);
	}
}

static uint64_t first_ns(const struct trace_report *trace_report)
{
	for (size_t i = 0; i < trace_report->trial_logs; i++)
		if (trace_report->trial_log[i].entries)
			return trace_report->trial_log[i].entry[0].begin_ns;
	return 0;
}

int trace_print_chrome(FILE *out, const struct trace_report *trace_report)
{
	struct chrome_trace c = {.events = json_array(), .zero_ns = first_ns(trace_report)};
	for (size_t i = 0; c.events && i < trace_report->trial_logs; i++)
		put_trial(&c, &trace_report->trial_log[i]);
	json_t *root = node_object((struct json_member[]){
		{"traceEvents", c.events},
		{"displayTimeUnit", node_literal("ns")},
		{"otherData", node_object((struct json_member[]){
				      {"schema", node_literal("forklab-trace/1")},
				      {"allocator", node_text(trace_report->allocator)},
				      {"version", node_text(trace_report->version)},
				      {"scenario", node_text(trace_report->scenario)},
				      {"method", node_text(trace_report->method)},
				      {NULL, NULL},
			      })},
		{NULL, NULL},
	});
	int error = root ? 0 : -ENOMEM;
	if (root && json_dumpf(root, out, JSON_COMPACT) != 0)
		error = -EIO;
	fputc('\n', out);
	json_decref(root);
	return error;
}
