/* A trace for readers: the outcome of all trials, and one of them in detail. */
#include "document.h"
#include "plural.h"
#include "trace_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const struct block_style code = {.kind = BLOCK_CODE};

enum {
	BEFORE = 12, /* events of the timeline before the fork, */
	AFTER = 28,  /* after it, */
	LAST = 6,    /* and at the end */
	CELL_MAX = 128
};

/* ---- The trials ---- */

struct call_sums {
	uint64_t parent_calls, child_calls, pid_changes, unended;
};

static struct call_sums sum_calls(const struct trial_log *r)
{
	struct call_sums sums = {0};
	for (size_t i = 0; i < r->entries; i++) {
		const struct log_entry *e = &r->entry[i];
		bool in_child = e->track == EVENT_TRACK_CHILD;
		if (e->kind == EVENT_CALL) {
			sums.parent_calls += !in_child;
			sums.child_calls += in_child;
			sums.pid_changes += log_entry_changed_pid(e);
			sums.unended += in_child && !e->end_ns;
		}
	}
	return sums;
}

static void add_trials(struct document *document, const struct trace_report *trace_report)
{
	static const struct doc_column columns[] = {
		{.heading = "trial", .right = true},
		{.heading = "verdict"},
		{.heading = "calls, parent", .right = true},
		{.heading = "child", .right = true},
		{.heading = "pid changed in", .right = true},
		{.heading = "fork µs", .right = true},
		{.heading = "left out", .right = true},
	};
	struct doc_table *table =
		document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < trace_report->trial_logs; i++) {
		const struct trial_log *r = &trace_report->trial_log[i];
		const struct log_entry *fork = trial_log_fork(r);
		struct call_sums sums = sum_calls(r);
		table_cell(table, TONE_PLAIN, "%" PRIu32, r->trial);
		table_cell(table, TONE_PLAIN, "%s", verdict_name(r->verdict));
		table_cell(table, TONE_PLAIN, "%" PRIu64, sums.parent_calls);
		table_cell(table, TONE_PLAIN, "%" PRIu64 "%s", sums.child_calls,
			sums.unended ? " (the last never ended)" : "");
		table_cell(table, TONE_PLAIN, "%" PRIu64, sums.pid_changes);
		if (fork && fork->end_ns)
			table_cell(table, TONE_PLAIN, "%.1f",
				(double)(fork->end_ns - fork->begin_ns) / 1e3);
		else
			table_cell(table, TONE_PLAIN, "never returned");
		table_cell(table, TONE_PLAIN, "%" PRIu64, r->left_out + r->damaged);
	}
}

/* The trial to show: the first one with the worst verdict. */
static const struct trial_log *worst_trial(const struct trace_report *trace_report)
{
	const struct trial_log *worst = NULL;
	for (size_t i = 0; i < trace_report->trial_logs; i++) {
		const struct trial_log *r = &trace_report->trial_log[i];
		if (!worst || verdict_severity(r->verdict) > verdict_severity(worst->verdict))
			worst = r;
	}
	return worst;
}

/* ---- Descriptors ---- */

static const char *const moments[EVENT_MOMENTS] = {
	[EVENT_PARENT_BEFORE] = "parent, before the fork",
	[EVENT_CHILD_BEFORE] = "child, at its beginning",
	[EVENT_CHILD_AFTER] = "child, at its end",
	[EVENT_PARENT_AFTER] = "parent, after the child",
};

/* Lists the files that only the second table has. Returns their number. */
static unsigned add_new_files(struct document *document, const char *word,
	const struct fd_table *from, const struct fd_table *to)
{
	unsigned found = 0;
	uint32_t kept = to->count < EVENT_FDS_MAX ? to->count : EVENT_FDS_MAX;
	for (uint32_t i = 0; i < kept; i++) {
		const struct fd_entry *file = &to->file[i];
		if (fd_table_same(fd_table_find(from, file->fd), file))
			continue;
		document_add(document, code, "    %s %d -> %s", word, file->fd, file->link);
		found++;
	}
	return found;
}

static void compare_files(struct document *document, const struct trial_log *r,
	enum event_moment first, enum event_moment second, const char *gained, const char *lost)
{
	const struct fd_table *from = &r->files[first], *to = &r->files[second];
	if (!from->valid || !to->valid)
		return;
	document_add(document, (struct block_style){.indent = 2}, "%s -> %s:", moments[first],
		moments[second]);
	unsigned found =
		add_new_files(document, gained, from, to) + add_new_files(document, lost, to, from);
	if (!found)
		document_add(document, code, "    the same %" PRIu32 " descriptors", to->count);
	if (from->count > EVENT_FDS_MAX || to->count > EVENT_FDS_MAX)
		document_add(document, code, "    only the first %d of %" PRIu32 " are compared",
			EVENT_FDS_MAX, to->count > from->count ? to->count : from->count);
}

static void add_files(struct document *document, const struct trial_log *r)
{
	const struct fd_table *inherited = &r->files[EVENT_CHILD_BEFORE];
	document_block(document, BLOCK_HEADING, "File descriptors of trial %" PRIu32, r->trial);
	for (uint32_t i = 0; inherited->valid && i < inherited->count && i < EVENT_FDS_MAX; i++)
		document_add(document, code, "    inherited %d -> %s", inherited->file[i].fd,
			inherited->file[i].link);
	compare_files(
		document, r, EVENT_PARENT_BEFORE, EVENT_CHILD_BEFORE, "opened", "not inherited");
	compare_files(document, r, EVENT_CHILD_BEFORE, EVENT_CHILD_AFTER, "leaked", "closed");
	compare_files(document, r, EVENT_PARENT_BEFORE, EVENT_PARENT_AFTER, "leaked", "closed");
}

/* ---- The heap ---- */

static const char *soundness(const struct heap_state *heap)
{
	return !heap->checked ? "has no checker" : heap->sound ? "sound" : "DAMAGED";
}

static void add_heap(struct document *document, const struct trial_log *r)
{
	static const struct doc_column columns[] = {
		{.heading = "heap"},
		{.heading = "used bytes", .right = true},
		{.heading = "mapped bytes", .right = true},
		{.heading = "allocator's check"},
		{.heading = "own blocks", .right = true},
		{.heading = "bytes", .right = true},
		{.heading = "damaged", .right = true},
	};
	const char *remark = "";
	uint32_t workers_running = 0;
	document_block(document, BLOCK_HEADING, "The heap");
	struct doc_table *table =
		document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (int i = 0; i < EVENT_MOMENTS; i++) {
		const struct heap_state *heap = &r->heap[i];
		if (!heap->valid)
			continue;
		table_cell(table, TONE_PLAIN, "%s", moments[i]);
		table_cell(table, TONE_PLAIN, heap->has_sizes ? "%" PRIu64 : "not known",
			heap->used_bytes);
		table_cell(table, TONE_PLAIN, heap->has_sizes ? "%" PRIu64 : "not known",
			heap->mapped_bytes);
		table_cell(table, TONE_PLAIN, "%s", soundness(heap));
		table_cell(table, TONE_PLAIN, "%" PRIu64, heap->blocks);
		table_cell(table, TONE_PLAIN, "%" PRIu64, heap->block_bytes);
		table_cell(table, TONE_PLAIN, "%" PRIu64, heap->damaged);
		remark = heap->text[0] ? heap->text : remark;
		workers_running = heap->workers_running > workers_running ? heap->workers_running
									  : workers_running;
	}
	if (remark[0])
		document_block(
			document, BLOCK_PARAGRAPH, "The allocator's figures are %s.", remark);
	if (workers_running)
		document_block(document, BLOCK_PARAGRAPH,
			"%" PRIu32 " workers were not at rest; the blocks of the workers were not "
			"checked then.",
			workers_running);
}

/* ---- The timeline ---- */

static void put_time(struct doc_table *table, uint64_t ns, uint64_t zero_ns)
{
	double us = ns >= zero_ns ? (double)(ns - zero_ns) / 1e3 : -(double)(zero_ns - ns) / 1e3;
	table_cell(table, TONE_PLAIN, "%.1f", us);
}

static void put_entry(struct doc_table *table, const struct trial_log *r, const struct log_entry *e,
	uint64_t zero_ns)
{
	char text[CELL_MAX];
	put_time(table, e->begin_ns, zero_ns);
	if (e->end_ns)
		table_cell(table, TONE_PLAIN, "%.1f", (double)(e->end_ns - e->begin_ns) / 1e3);
	else
		table_cell(table, TONE_PLAIN, "no end");
	table_cell(table, TONE_PLAIN, "%s", trial_log_thread(r, e, text, sizeof(text)));
	table_cell(table, TONE_PLAIN, "%s", trial_log_what(r, e, text, sizeof(text)));
	if (e->pid[0] == e->pid[1])
		table_cell(table, TONE_PLAIN, "%" PRId32, e->pid[0]);
	else
		table_cell(table, TONE_PLAIN, "%" PRId32 " -> %" PRId32, e->pid[0], e->pid[1]);
	if (e->tid[0] == e->tid[1])
		table_cell(table, TONE_PLAIN, "%" PRId32, e->tid[0]);
	else
		table_cell(table, TONE_PLAIN, "%" PRId32 " -> %" PRId32, e->tid[0], e->tid[1]);
}

/* Which events are shown: those around the fork, the last ones, and unusual ones. */
static bool is_shown(const struct trial_log *r, size_t i, size_t at)
{
	const struct log_entry *e = &r->entry[i];
	return (i + BEFORE >= at && i <= at + AFTER) || i + LAST >= r->entries || !e->end_ns ||
	       log_entry_changed_pid(e);
}

static size_t index_of_fork(const struct trial_log *r)
{
	const struct log_entry *fork = trial_log_fork(r);
	return fork ? (size_t)(fork - r->entry) : r->entries;
}

static void add_timeline(struct document *document, const struct trial_log *r)
{
	static const struct doc_column columns[] = {
		{.heading = "µs", .right = true},
		{.heading = "lasts", .right = true},
		{.heading = "thread"},
		{.heading = "what"},
		{.heading = "pid", .right = true},
		{.heading = "tid", .right = true},
	};
	size_t at = index_of_fork(r), skipped = 0;
	const struct log_entry *zero = at < r->entries ? &r->entry[at] : r->entry;
	document_block(document, BLOCK_HEADING,
		"Trial %" PRIu32 " (%s), from the call of fork() on:", r->trial,
		verdict_name(r->verdict));
	struct doc_table *table =
		document_table(document, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < r->entries; i++) {
		if (!is_shown(r, i, at)) {
			skipped++;
			continue;
		}
		if (skipped) {
			table_cell(table, TONE_PLAIN, "...");
			table_blank(table, 2);
			table_cell(table, TONE_PLAIN, "%zu more events", skipped);
			table_blank(table, 2);
		}
		skipped = 0;
		put_entry(table, r, &r->entry[i], zero->begin_ns);
	}
}

/* As the child found it: the record is private memory, copied by the fork like the locks. */
static void add_inherited(struct document *document, const struct trial_log *r)
{
	const struct log_entry *fork = trial_log_fork(r);
	char thread[MODEL_NAME_MAX], what[MODEL_NAME_MAX * 2];
	if (r->inherited)
		document_block(document, BLOCK_HEADING,
			"Calls in progress in the memory that the child inherited");
	for (size_t i = 0; i < r->inherited; i++) {
		const struct log_entry *e = &r->inheritance[i];
		document_add(document, code, "    %s%s %s%s",
			trial_log_thread(r, e, thread, sizeof(thread)),
			e->kind == EVENT_CALL ? " is in" : "",
			trial_log_what(r, e, what, sizeof(what)),
			fork && e->tid[0] == fork->tid[0] ? " (the forking thread)" : "");
	}
}

static void add_pid_changes(struct document *document, const struct trial_log *r)
{
	uint64_t changes = sum_calls(r).pid_changes;
	if (changes)
		document_add(document, (struct block_style){.gap = true},
			"In %" PRIu64
			" %s the pid changed: begun in the parent, ended in the child, which "
			"inherited the caller's stack in the middle of it.",
			changes, changes == 1 ? "call" : "calls");
}

static void add_trial(struct document *document, const struct trial_log *r)
{
	add_files(document, r);
	add_heap(document, r);
	add_timeline(document, r);
	add_inherited(document, r);
	add_pid_changes(document, r);
	if (r->sentence[0])
		document_add(document, (struct block_style){.gap = true}, "%s: %s",
			verdict_name(r->verdict), r->sentence);
}

static int print_text(FILE *out, const struct trace_report *trace_report)
{
	static const struct print_options options = {0};
	struct document document = {.options = &options};
	const struct trial_log *r = worst_trial(trace_report);
	document_block(&document, BLOCK_TITLE, "%s %s / %s / %s: %zu trial%s, every call recorded",
		trace_report->allocator, trace_report->version, trace_report->scenario,
		trace_report->method, trace_report->trial_logs, plural(trace_report->trial_logs));
	if (r) {
		add_trials(&document, trace_report);
		add_trial(&document, r);
	}
	return document_write_text(out, &document);
}

int trace_print(FILE *out, enum output_format format, const struct trace_report *trace_report)
{
	int error = format == OUTPUT_LINES    ? trace_print_lines(out, trace_report)
		    : format == OUTPUT_CHROME ? trace_print_chrome(out, trace_report)
					      : print_text(out, trace_report);
	return error ? error : ferror(out) ? -EIO : 0;
}
