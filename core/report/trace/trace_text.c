/* A trace for people: what came of the trials, and one of them in detail. */
#include "trace_print.h"

#include "shm_map.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <string.h>

enum {
	BEFORE = 12, /* events that the timeline shows of the time before the fork, */
	AFTER = 28,  /* after it, */
	LAST = 6,    /* and at the end */
	COLUMNS_MAX = 8,
	CELL_MAX = 128
};

/* ---- Tables ---- */

struct event_table {
	struct libscols_table *table;
	struct libscols_line *line;
	size_t column;
	bool failed;
};

static void table_begin(struct event_table *event_table, FILE *out, const char *const *titles)
{
	*event_table = (struct event_table){.table = scols_new_table()};
	event_table->failed =
		!event_table->table || scols_table_set_stream(event_table->table, out) != 0;
	for (; *titles && !event_table->failed; titles++) {
		bool right = **titles == '>';
		event_table->failed = !scols_table_new_column(
			event_table->table, *titles + right, 0, right ? SCOLS_FL_RIGHT : 0);
	}
}

static void table_row(struct event_table *event_table)
{
	if (!event_table->failed)
		event_table->line = scols_table_new_line(event_table->table, NULL);
	event_table->failed |= !event_table->line;
	event_table->column = 0;
}

__attribute__((format(printf, 2, 3))) static void table_put(
	struct event_table *event_table, const char *format, ...)
{
	char text[CELL_MAX * 2], clean[CELL_MAX * 2];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	utf8_sanitize(clean, sizeof clean, text, false);
	if (!event_table->failed)
		event_table->failed =
			scols_line_set_data(event_table->line, event_table->column++, clean) != 0;
}

static int table_end(struct event_table *event_table, FILE *out)
{
	if (!event_table->failed && !scols_table_is_empty(event_table->table))
		event_table->failed = scols_print_table(event_table->table) < 0;
	scols_unref_table(event_table->table);
	fputc('\n', out);
	return event_table->failed ? -ENOMEM : 0;
}

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

static int print_trials(FILE *out, const struct trace_report *trace_report)
{
	static const char *const titles[] = {">TRIAL", "VERDICT", ">CALLS, PARENT", ">CHILD",
		">PID CHANGED IN", ">FORK US", ">LEFT OUT", NULL};
	struct event_table event_table;
	table_begin(&event_table, out, titles);
	for (size_t i = 0; i < trace_report->trial_logs; i++) {
		const struct trial_log *r = &trace_report->trial_log[i];
		const struct log_entry *fork = trial_log_fork(r);
		struct call_sums sums = sum_calls(r);
		table_row(&event_table);
		table_put(&event_table, "%" PRIu32, r->trial);
		table_put(&event_table, "%s", verdict_name(r->verdict));
		table_put(&event_table, "%" PRIu64, sums.parent_calls);
		table_put(&event_table, "%" PRIu64 "%s", sums.child_calls,
			sums.unended ? " (the last never ended)" : "");
		table_put(&event_table, "%" PRIu64, sums.pid_changes);
		if (fork && fork->end_ns)
			table_put(&event_table, "%.1f",
				(double)(fork->end_ns - fork->begin_ns) / 1e3);
		else
			table_put(&event_table, "never returned");
		table_put(&event_table, "%" PRIu64, r->left_out + r->damaged);
	}
	return table_end(&event_table, out);
}

/* The one to look at: the first of the worst verdict. */
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

/* What the second look has that the first has not: true if anything. */
static unsigned list_added(
	FILE *out, const char *word, const struct fd_table *from, const struct fd_table *to)
{
	unsigned found = 0;
	uint32_t kept = to->count < EVENT_FDS_MAX ? to->count : EVENT_FDS_MAX;
	for (uint32_t i = 0; i < kept; i++) {
		const struct fd_entry *file = &to->file[i];
		if (fd_table_same(fd_table_find(from, file->fd), file))
			continue;
		fprintf(out, "    %s %d -> %s\n", word, file->fd, file->link);
		found++;
	}
	return found;
}

static void compare_files(FILE *out, const struct trial_log *r, enum event_moment first,
	enum event_moment second, const char *gained, const char *lost)
{
	const struct fd_table *from = &r->files[first], *to = &r->files[second];
	if (!from->valid || !to->valid)
		return;
	fprintf(out, "  %s -> %s:\n", moments[first], moments[second]);
	unsigned found = list_added(out, gained, from, to) + list_added(out, lost, to, from);
	if (!found)
		fprintf(out, "    the same %" PRIu32 " descriptors\n", to->count);
	if (from->count > EVENT_FDS_MAX || to->count > EVENT_FDS_MAX)
		fprintf(out, "    only the first %d of %" PRIu32 " are compared\n", EVENT_FDS_MAX,
			to->count > from->count ? to->count : from->count);
}

static void print_files(FILE *out, const struct trial_log *r)
{
	const struct fd_table *inherited = &r->files[EVENT_CHILD_BEFORE];
	fprintf(out, "File descriptors of trial %" PRIu32 "\n", r->trial);
	for (uint32_t i = 0; inherited->valid && i < inherited->count && i < EVENT_FDS_MAX; i++)
		fprintf(out, "    inherited %d -> %s\n", inherited->file[i].fd,
			inherited->file[i].link);
	compare_files(out, r, EVENT_PARENT_BEFORE, EVENT_CHILD_BEFORE, "opened", "not inherited");
	compare_files(out, r, EVENT_CHILD_BEFORE, EVENT_CHILD_AFTER, "leaked", "closed");
	compare_files(out, r, EVENT_PARENT_BEFORE, EVENT_PARENT_AFTER, "leaked", "closed");
	fputc('\n', out);
}

/* ---- The heap ---- */

static const char *soundness(const struct heap_state *heap)
{
	return !heap->checked ? "has no checker" : heap->sound ? "sound" : "DAMAGED";
}

static int print_heap(FILE *out, const struct trial_log *r)
{
	static const char *const titles[] = {"HEAP", ">USED BYTES", ">MAPPED BYTES",
		"ALLOCATOR'S CHECK", ">OWN BLOCKS", ">BYTES", ">DAMAGED", NULL};
	struct event_table event_table;
	const char *remark = "";
	uint32_t workers_running = 0;
	table_begin(&event_table, out, titles);
	for (int i = 0; i < EVENT_MOMENTS; i++) {
		const struct heap_state *heap = &r->heap[i];
		if (!heap->valid)
			continue;
		table_row(&event_table);
		table_put(&event_table, "%s", moments[i]);
		table_put(
			&event_table, heap->has_sizes ? "%" PRIu64 : "not told", heap->used_bytes);
		table_put(&event_table, heap->has_sizes ? "%" PRIu64 : "not told",
			heap->mapped_bytes);
		table_put(&event_table, "%s", soundness(heap));
		table_put(&event_table, "%" PRIu64, heap->blocks);
		table_put(&event_table, "%" PRIu64, heap->block_bytes);
		table_put(&event_table, "%" PRIu64, heap->damaged);
		remark = heap->text[0] ? heap->text : remark;
		workers_running = heap->workers_running > workers_running ? heap->workers_running
									  : workers_running;
	}
	int error = table_end(&event_table, out);
	if (remark[0])
		fprintf(out, "The allocator's figures are %s.\n", remark);
	if (workers_running)
		fprintf(out,
			"Workers that were not at rest: %" PRIu32
			"; the workers' blocks were not looked at then.\n",
			workers_running);
	if (remark[0] || workers_running)
		fputc('\n', out);
	return error;
}

/* ---- The timeline ---- */

static void put_time(struct event_table *event_table, uint64_t ns, uint64_t zero_ns)
{
	double us = ns >= zero_ns ? (double)(ns - zero_ns) / 1e3 : -(double)(zero_ns - ns) / 1e3;
	table_put(event_table, "%.1f", us);
}

static void put_entry(struct event_table *event_table, const struct trial_log *r,
	const struct log_entry *e, uint64_t zero_ns)
{
	char text[CELL_MAX];
	table_row(event_table);
	put_time(event_table, e->begin_ns, zero_ns);
	if (e->end_ns)
		table_put(event_table, "%.1f", (double)(e->end_ns - e->begin_ns) / 1e3);
	else
		table_put(event_table, "no end");
	table_put(event_table, "%s", trial_log_thread(r, e, text, sizeof text));
	table_put(event_table, "%s", trial_log_what(r, e, text, sizeof text));
	if (e->pid[0] == e->pid[1])
		table_put(event_table, "%" PRId32, e->pid[0]);
	else
		table_put(event_table, "%" PRId32 " -> %" PRId32, e->pid[0], e->pid[1]);
	if (e->tid[0] == e->tid[1])
		table_put(event_table, "%" PRId32, e->tid[0]);
	else
		table_put(event_table, "%" PRId32 " -> %" PRId32, e->tid[0], e->tid[1]);
}

/* Which events are told: what surrounds the fork, the end, and all that is remarkable. */
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

static int print_timeline(FILE *out, const struct trial_log *r)
{
	static const char *const titles[] = {
		">US", ">LASTS", "THREAD", "WHAT", ">PID", ">TID", NULL};
	struct event_table event_table;
	size_t at = index_of_fork(r), skipped = 0;
	const struct log_entry *zero = at < r->entries ? &r->entry[at] : r->entry;
	fprintf(out, "Trial %" PRIu32 " (%s), from the call of fork() on:\n", r->trial,
		verdict_name(r->verdict));
	table_begin(&event_table, out, titles);
	for (size_t i = 0; i < r->entries; i++) {
		if (!is_shown(r, i, at)) {
			skipped++;
			continue;
		}
		if (skipped) {
			table_row(&event_table);
			table_put(&event_table, "...");
			table_put(&event_table, "%s", "");
			table_put(&event_table, "%s", "");
			table_put(&event_table, "%zu more events", skipped);
		}
		skipped = 0;
		put_entry(&event_table, r, &r->entry[i], zero->begin_ns);
	}
	return table_end(&event_table, out);
}

/* As the child found it: the record is private memory, copied by the fork like the locks. */
static void print_inherited(FILE *out, const struct trial_log *r)
{
	const struct log_entry *fork = trial_log_fork(r);
	char thread[MODEL_NAME_MAX], what[MODEL_NAME_MAX * 2];
	if (r->inherited)
		fprintf(out, "Under way in the memory that the child inherited:\n");
	for (size_t i = 0; i < r->inherited; i++) {
		const struct log_entry *e = &r->inheritance[i];
		fprintf(out, "    %s%s %s%s\n", trial_log_thread(r, e, thread, sizeof thread),
			e->kind == EVENT_CALL ? " is in" : "",
			trial_log_what(r, e, what, sizeof what),
			fork && e->tid[0] == fork->tid[0] ? " (it is the one that forks)" : "");
	}
}

static void print_pid_changes(FILE *out, const struct trial_log *r)
{
	uint64_t changes = sum_calls(r).pid_changes;
	if (changes)
		fprintf(out,
			"In %" PRIu64
			" %s the pid changed: begun in the parent, ended in the child, "
			"which inherited the caller's stack in the middle of it.\n",
			changes, changes == 1 ? "call" : "calls");
}

static int print_trial(FILE *out, const struct trial_log *r)
{
	print_files(out, r);
	int error = print_heap(out, r);
	if (!error)
		error = print_timeline(out, r);
	print_inherited(out, r);
	print_pid_changes(out, r);
	if (r->sentence[0])
		fprintf(out, "%s: %s\n", verdict_name(r->verdict), r->sentence);
	return error;
}

int trace_print_text(FILE *out, const struct trace_report *trace_report)
{
	const struct trial_log *r = worst_trial(trace_report);
	fprintf(out, "%s %s / %s / %s: %zu trials, every call recorded\n\n",
		trace_report->allocator, trace_report->version, trace_report->scenario,
		trace_report->method, trace_report->trial_logs);
	if (!r)
		return 0;
	int error = print_trials(out, trace_report);
	return error ? error : print_trial(out, r);
}
