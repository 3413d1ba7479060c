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

struct sheet {
	struct libscols_table *table;
	struct libscols_line *line;
	size_t column;
	bool failed;
};

static void begin(struct sheet *sheet, FILE *out, const char *const *titles)
{
	*sheet = (struct sheet){.table = scols_new_table()};
	sheet->failed = !sheet->table || scols_table_set_stream(sheet->table, out) != 0;
	for (; *titles && !sheet->failed; titles++) {
		bool right = **titles == '>';
		sheet->failed = !scols_table_new_column(
			sheet->table, *titles + right, 0, right ? SCOLS_FL_RIGHT : 0);
	}
}

static void row(struct sheet *sheet)
{
	if (!sheet->failed)
		sheet->line = scols_table_new_line(sheet->table, NULL);
	sheet->failed |= !sheet->line;
	sheet->column = 0;
}

__attribute__((format(printf, 2, 3))) static void put(struct sheet *sheet, const char *format, ...)
{
	char text[CELL_MAX * 2], clean[CELL_MAX * 2];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	utf8_clean(clean, sizeof clean, text, false);
	if (!sheet->failed)
		sheet->failed = scols_line_set_data(sheet->line, sheet->column++, clean) != 0;
}

static int end(struct sheet *sheet, FILE *out)
{
	if (!sheet->failed && !scols_table_is_empty(sheet->table))
		sheet->failed = scols_print_table(sheet->table) < 0;
	scols_unref_table(sheet->table);
	fputc('\n', out);
	return sheet->failed ? -ENOMEM : 0;
}

/* ---- The trials ---- */

struct sums {
	uint64_t parent_calls, child_calls, pid_changes, unended;
};

static struct sums add_up(const struct recording *r)
{
	struct sums sums = {0};
	for (size_t i = 0; i < r->entries; i++) {
		const struct entry *e = &r->entry[i];
		bool in_child = e->track == TRACE_CHILD;
		if (e->kind == TRACE_CALL) {
			sums.parent_calls += !in_child;
			sums.child_calls += in_child;
			sums.pid_changes += entry_changed_pid(e);
			sums.unended += in_child && !e->end_ns;
		}
	}
	return sums;
}

static int print_trials(FILE *out, const struct tracing *tracing)
{
	static const char *const titles[] = {">TRIAL", "VERDICT", ">CALLS, PARENT", ">CHILD",
		">PID CHANGED IN", ">FORK US", ">LEFT OUT", NULL};
	struct sheet sheet;
	begin(&sheet, out, titles);
	for (size_t i = 0; i < tracing->recordings; i++) {
		const struct recording *r = &tracing->recording[i];
		const struct entry *fork = recording_fork(r);
		struct sums sums = add_up(r);
		row(&sheet);
		put(&sheet, "%" PRIu32, r->trial);
		put(&sheet, "%s", verdict_name(r->verdict));
		put(&sheet, "%" PRIu64, sums.parent_calls);
		put(&sheet, "%" PRIu64 "%s", sums.child_calls,
			sums.unended ? " (the last never ended)" : "");
		put(&sheet, "%" PRIu64, sums.pid_changes);
		if (fork && fork->end_ns)
			put(&sheet, "%.1f", (double)(fork->end_ns - fork->begin_ns) / 1e3);
		else
			put(&sheet, "never returned");
		put(&sheet, "%" PRIu64, r->left_out + r->damaged);
	}
	return end(&sheet, out);
}

/* The one to look at: the first of the worst verdict. */
static const struct recording *choose(const struct tracing *tracing)
{
	const struct recording *worst = NULL;
	for (size_t i = 0; i < tracing->recordings; i++) {
		const struct recording *r = &tracing->recording[i];
		if (!worst || verdict_severity(r->verdict) > verdict_severity(worst->verdict))
			worst = r;
	}
	return worst;
}

/* ---- Descriptors ---- */

static const char *const moments[TRACE_MOMENTS] = {
	[TRACE_PARENT_BEFORE] = "parent, before the fork",
	[TRACE_CHILD_BEFORE] = "child, at its beginning",
	[TRACE_CHILD_AFTER] = "child, at its end",
	[TRACE_PARENT_AFTER] = "parent, after the child",
};

/* What the second look has that the first has not: true if anything. */
static unsigned list_new(
	FILE *out, const char *word, const struct trace_files *from, const struct trace_files *to)
{
	unsigned found = 0;
	uint32_t kept = to->count < TRACE_FILES ? to->count : TRACE_FILES;
	for (uint32_t i = 0; i < kept; i++) {
		const struct trace_file *file = &to->file[i];
		if (files_same(files_find(from, file->fd), file))
			continue;
		fprintf(out, "    %s %d -> %s\n", word, file->fd, file->link);
		found++;
	}
	return found;
}

static void compare_files(FILE *out, const struct recording *r, enum trace_moment first,
	enum trace_moment second, const char *gained, const char *lost)
{
	const struct trace_files *from = &r->files[first], *to = &r->files[second];
	if (!from->looked || !to->looked)
		return;
	fprintf(out, "  %s -> %s:\n", moments[first], moments[second]);
	unsigned found = list_new(out, gained, from, to) + list_new(out, lost, to, from);
	if (!found)
		fprintf(out, "    the same %" PRIu32 " descriptors\n", to->count);
	if (from->count > TRACE_FILES || to->count > TRACE_FILES)
		fprintf(out, "    only the first %d of %" PRIu32 " are compared\n", TRACE_FILES,
			to->count > from->count ? to->count : from->count);
}

static void print_files(FILE *out, const struct recording *r)
{
	const struct trace_files *inherited = &r->files[TRACE_CHILD_BEFORE];
	fprintf(out, "File descriptors of trial %" PRIu32 "\n", r->trial);
	for (uint32_t i = 0; inherited->looked && i < inherited->count && i < TRACE_FILES; i++)
		fprintf(out, "    inherited %d -> %s\n", inherited->file[i].fd,
			inherited->file[i].link);
	compare_files(out, r, TRACE_PARENT_BEFORE, TRACE_CHILD_BEFORE, "opened", "not inherited");
	compare_files(out, r, TRACE_CHILD_BEFORE, TRACE_CHILD_AFTER, "leaked", "closed");
	compare_files(out, r, TRACE_PARENT_BEFORE, TRACE_PARENT_AFTER, "leaked", "closed");
	fputc('\n', out);
}

/* ---- The heap ---- */

static const char *soundness(const struct trace_heap *heap)
{
	return !heap->checked ? "has no checker" : heap->sound ? "sound" : "DAMAGED";
}

static int print_heap(FILE *out, const struct recording *r)
{
	static const char *const titles[] = {"HEAP", ">USED BYTES", ">MAPPED BYTES",
		"ALLOCATOR'S CHECK", ">OWN BLOCKS", ">BYTES", ">DAMAGED", NULL};
	struct sheet sheet;
	const char *remark = "";
	uint32_t unrested = 0;
	begin(&sheet, out, titles);
	for (int i = 0; i < TRACE_MOMENTS; i++) {
		const struct trace_heap *heap = &r->heap[i];
		if (!heap->looked)
			continue;
		row(&sheet);
		put(&sheet, "%s", moments[i]);
		put(&sheet, heap->told ? "%" PRIu64 : "not told", heap->used_bytes);
		put(&sheet, heap->told ? "%" PRIu64 : "not told", heap->mapped_bytes);
		put(&sheet, "%s", soundness(heap));
		put(&sheet, "%" PRIu64, heap->blocks);
		put(&sheet, "%" PRIu64, heap->block_bytes);
		put(&sheet, "%" PRIu64, heap->damaged);
		remark = heap->text[0] ? heap->text : remark;
		unrested = heap->unrested > unrested ? heap->unrested : unrested;
	}
	int error = end(&sheet, out);
	if (remark[0])
		fprintf(out, "The allocator's figures are %s.\n", remark);
	if (unrested)
		fprintf(out,
			"Workers that were not at rest: %" PRIu32
			"; the workers' blocks were not looked at then.\n",
			unrested);
	if (remark[0] || unrested)
		fputc('\n', out);
	return error;
}

/* ---- The timeline ---- */

static void put_time(struct sheet *sheet, uint64_t ns, uint64_t zero_ns)
{
	double us = ns >= zero_ns ? (double)(ns - zero_ns) / 1e3 : -(double)(zero_ns - ns) / 1e3;
	put(sheet, "%.1f", us);
}

static void put_entry(
	struct sheet *sheet, const struct recording *r, const struct entry *e, uint64_t zero_ns)
{
	char text[CELL_MAX];
	row(sheet);
	put_time(sheet, e->begin_ns, zero_ns);
	if (e->end_ns)
		put(sheet, "%.1f", (double)(e->end_ns - e->begin_ns) / 1e3);
	else
		put(sheet, "no end");
	put(sheet, "%s", recording_thread(r, e, text, sizeof text));
	put(sheet, "%s", recording_what(r, e, text, sizeof text));
	if (e->pid[0] == e->pid[1])
		put(sheet, "%" PRId32, e->pid[0]);
	else
		put(sheet, "%" PRId32 " -> %" PRId32, e->pid[0], e->pid[1]);
	if (e->tid[0] == e->tid[1])
		put(sheet, "%" PRId32, e->tid[0]);
	else
		put(sheet, "%" PRId32 " -> %" PRId32, e->tid[0], e->tid[1]);
}

/* Which events are told: what surrounds the fork, the end, and all that is remarkable. */
static bool is_told(const struct recording *r, size_t i, size_t at)
{
	const struct entry *e = &r->entry[i];
	return (i + BEFORE >= at && i <= at + AFTER) || i + LAST >= r->entries || !e->end_ns ||
	       entry_changed_pid(e);
}

static size_t index_of_fork(const struct recording *r)
{
	const struct entry *fork = recording_fork(r);
	return fork ? (size_t)(fork - r->entry) : r->entries;
}

static int print_timeline(FILE *out, const struct recording *r)
{
	static const char *const titles[] = {
		">US", ">LASTS", "THREAD", "WHAT", ">PID", ">TID", NULL};
	struct sheet sheet;
	size_t at = index_of_fork(r), skipped = 0;
	const struct entry *zero = at < r->entries ? &r->entry[at] : r->entry;
	fprintf(out, "Trial %" PRIu32 " (%s), from the call of fork() on:\n", r->trial,
		verdict_name(r->verdict));
	begin(&sheet, out, titles);
	for (size_t i = 0; i < r->entries; i++) {
		if (!is_told(r, i, at)) {
			skipped++;
			continue;
		}
		if (skipped) {
			row(&sheet);
			put(&sheet, "...");
			put(&sheet, "%s", "");
			put(&sheet, "%s", "");
			put(&sheet, "%zu more events", skipped);
		}
		skipped = 0;
		put_entry(&sheet, r, &r->entry[i], zero->begin_ns);
	}
	return end(&sheet, out);
}

/* As the child found it: the record is private memory, copied by the fork like the locks. */
static void print_inheritance(FILE *out, const struct recording *r)
{
	const struct entry *fork = recording_fork(r);
	char thread[MODEL_NAME_MAX], what[MODEL_NAME_MAX * 2];
	if (r->inherited)
		fprintf(out, "Under way in the memory that the child inherited:\n");
	for (size_t i = 0; i < r->inherited; i++) {
		const struct entry *e = &r->inheritance[i];
		fprintf(out, "    %s%s %s%s\n", recording_thread(r, e, thread, sizeof thread),
			e->kind == TRACE_CALL ? " is in" : "",
			recording_what(r, e, what, sizeof what),
			fork && e->tid[0] == fork->tid[0] ? " (it is the one that forks)" : "");
	}
}

static void print_glitches(FILE *out, const struct recording *r)
{
	uint64_t changes = add_up(r).pid_changes;
	if (changes)
		fprintf(out,
			"In %" PRIu64
			" %s the pid changed: begun in the parent, ended in the child, "
			"which inherited the caller's stack in the middle of it.\n",
			changes, changes == 1 ? "call" : "calls");
}

static int print_one(FILE *out, const struct recording *r)
{
	print_files(out, r);
	int error = print_heap(out, r);
	if (!error)
		error = print_timeline(out, r);
	print_inheritance(out, r);
	print_glitches(out, r);
	if (r->sentence[0])
		fprintf(out, "%s: %s\n", verdict_name(r->verdict), r->sentence);
	return error;
}

int trace_text(FILE *out, const struct tracing *tracing)
{
	const struct recording *r = choose(tracing);
	fprintf(out, "%s %s / %s / %s: %zu trials, every call recorded\n\n", tracing->allocator,
		tracing->version, tracing->scenario, tracing->method, tracing->recordings);
	if (!r)
		return 0;
	int error = print_trials(out, tracing);
	return error ? error : print_one(out, r);
}
