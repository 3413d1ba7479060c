/*
 * --format json: schema "forklab/1". What is not known or does not apply is null, and is never left
 * out; a later version may add keys, but changes none.
 */
#include "print/print.h"
#include "print/utf8.h"
#include "print/wording.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>

enum { INDENT = 1, DIGITS = 9 };

/* Each of these returns a new value, or NULL without memory, which object() and array() pass on. */

static json_t *text(const char *words)
{
	char clean[MODEL_TEXT_MAX];

	utf8_clean(clean, sizeof(clean), words, true);
	return json_string(clean);
}

/* What is not known is null. */
static json_t *text_or_null(const char *words)
{
	return *words ? text(words) : json_null();
}

static json_t *integer(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *integer_or_null(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

/* JSON knows neither NaN nor infinity. */
static json_t *real(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

static json_t *real_or_null(double number)
{
	return number >= 0 ? real(number) : json_null();
}

/* Addresses are strings: a JSON number need not hold 64 bits. */
static json_t *address(uint64_t value)
{
	return value ? json_sprintf("0x%" PRIx64, value) : json_null();
}

static json_t *truth(bool value)
{
	return json_boolean(value);
}

static json_t *word(const char *name)
{
	return json_string(name);
}

struct member {
	const char *key; /* NULL ends the list */
	json_t *value;
};

/* Takes over the values. */
static json_t *object(const struct member *member)
{
	json_t *result = json_object();
	int failed = !result;

	for (; member->key; member++)
		failed |= json_object_set_new(result, member->key, member->value) != 0;
	if (!failed)
		return result;
	json_decref(result);
	return NULL;
}

static json_t *host_object(const struct host *host)
{
	return object((struct member[]){
		{"kernel", text(host->kernel)},
		{"machine", text(host->machine)},
		{"libc", text(host->libc)},
		{"cpus", integer(host->cpus)},
		{"memory_mib", integer(host->memory_mib)},
		{0},
	});
}

/* The seed is a string for the same reason as an address is. */
static json_t *options_object(const struct run_options *options)
{
	return object((struct member[]){
		{"command", text(options->command)},
		{"version", text(options->version)},
		{"seed", json_sprintf("%" PRIu64, options->seed)},
		{"trials", integer(options->trials)},
		{"workers", integer(options->workers)},
		{"budget_s", options->budget_s > 0 ? real(options->budget_s) : json_null()},
		{"deadline_s", real(options->deadline_s)},
		{"aim", truth(options->aim)},
		{0},
	});
}

static json_t *counts_object(const struct cell *cell)
{
	json_t *counts = json_object();

	for (int verdict = 0; counts && verdict < VERDICT_COUNT; verdict++) {
		if (json_object_set_new(counts, verdict_name((enum verdict)verdict),
			    integer(cell->count[verdict])) != 0) {
			json_decref(counts);
			return NULL;
		}
	}
	return counts;
}

static json_t *latency_object(const struct cell *cell)
{
	if (!(cell->latency_median_ms >= 0))
		return json_null();
	return object((struct member[]){
		{"median", real(cell->latency_median_ms)},
		{"p99", real_or_null(cell->latency_p99_ms)},
		{0},
	});
}

static json_t *reasons_array(const struct finding *finding)
{
	json_t *reasons = json_array();

	for (unsigned i = 0; reasons && i < finding->reasons && i < MODEL_REASONS_MAX; i++) {
		if (json_array_append_new(reasons, text(finding->reason[i])) != 0) {
			json_decref(reasons);
			return NULL;
		}
	}
	return reasons;
}

static const char *certainty_name(enum certainty certainty)
{
	static const char *const names[] = {
		[CERTAINTY_NONE] = "none",
		[CERTAINTY_STRONG] = "strong",
		[CERTAINTY_PROVEN] = "proven",
	};

	return (unsigned)certainty <= CERTAINTY_PROVEN ? names[certainty] : names[CERTAINTY_NONE];
}

static json_t *finding_object(const struct cell *cell)
{
	const struct finding *finding = &cell->finding;

	if (!cell->has_finding)
		return json_null();
	return object((struct member[]){
		{"verdict", word(verdict_name(finding->verdict))},
		{"certainty", word(certainty_name(finding->certainty))},
		{"trial", integer(finding->trial)},
		{"in_parent", truth(finding->in_parent)},
		{"step", text_or_null(finding->step)},
		{"call", text_or_null(finding->call)},
		{"futex", address(finding->futex)},
		{"futex_value", finding->futex ? integer(finding->futex_value) : json_null()},
		{"lock", text_or_null(finding->lock)},
		{"lock_of_application", truth(finding->lock_of_application)},
		{"owner_tid", integer_or_null(finding->owner_tid)},
		{"owner", text_or_null(finding->owner)},
		{"waiter", text_or_null(finding->waiter)},
		{"pc", address(finding->pc)},
		{"sp", address(finding->sp)},
		{"signal", integer_or_null(finding->signal)},
		{"latency_ms", real_or_null(finding->latency_ms)},
		{"reasons", reasons_array(finding)},
		{"sentence", text(finding->sentence)},
		{"command", text_or_null(finding->command)},
		{0},
	});
}

/* A cell that was never tried has no verdict. */
static json_t *verdict_of(const struct cell *cell)
{
	return word_was_run(cell) ? json_string(verdict_name(cell->verdict)) : json_null();
}

static json_t *cell_object(const struct cell *cell)
{
	return object((struct member[]){
		{"allocator", text(cell->allocator)},
		{"version", text(cell->version)},
		{"link", text(cell->link)},
		{"scenario", text(cell->scenario)},
		{"method", text(cell->method)},
		{"mode", text(cell->mode ? cell->mode : "")},
		{"verdict", verdict_of(cell)},
		{"proven", integer(cell->proven)},
		{"trials", integer(cell->trials)},
		{"planned", integer(cell->planned)},
		{"aimed", integer(cell->aimed)},
		{"pid_changes", integer(cell->pid_changes)},
		{"counts", counts_object(cell)},
		{"bad", integer(word_bad(cell))},
		{"bad_rate", real(cell->bad_rate)},
		{"upper95", real(cell->upper95)},
		{"seconds", real(cell->seconds)},
		{"latency_ms", latency_object(cell)},
		{"cut", truth(cell->cut)},
		{"why", text_or_null(cell->why)},
		{"finding", finding_object(cell)},
		{0},
	});
}

static json_t *control_object(const struct control *control)
{
	return object((struct member[]){
		{"allocator", text(control->allocator)},
		{"scenario", text(control->scenario)},
		{"method", text(control->method)},
		{"expected", word(verdict_name(control->expected))},
		{"got", word(verdict_name(control->got))},
		{"hits", integer(control->hits)},
		{"trials", integer(control->trials)},
		{"passed", truth(control->passed)},
		{"why", text_or_null(control->why)},
		{0},
	});
}

/* The i-th element of a list of the report. */
static json_t *result_at(const struct report *report, size_t i)
{
	return cell_object(&report->cell[i]);
}

static json_t *control_at(const struct report *report, size_t i)
{
	return control_object(&report->control[i]);
}

static json_t *note_at(const struct report *report, size_t i)
{
	return text(report->note[i]);
}

static json_t *array(const struct report *report, size_t count,
	json_t *(*at)(const struct report *report, size_t i))
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, at(report, i)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *controls(const struct report *report)
{
	return report->controls_ran ? array(report, report->controls, control_at) : json_null();
}

static int print(FILE *out, const struct report *report, const struct print_options *options)
{
	json_t *root = object((struct member[]){
		{"schema", word("forklab/1")},
		{"host", host_object(&report->host)},
		{"options", options_object(&report->options)},
		{"results", array(report, report->cells, result_at)},
		{"controls", controls(report)},
		{"sufficient", truth(report->sufficient)},
		{"partial", truth(report->partial)},
		{"notes", array(report, report->notes, note_at)},
		{"seconds", real(report->seconds)},
		{0},
	});
	int status;

	(void)options;
	if (!root)
		return -ENOMEM;
	status = json_dumpf(root, out, JSON_INDENT(INDENT) | JSON_REAL_PRECISION(DIGITS));
	json_decref(root);
	if (status == 0)
		(void)fputc('\n', out);
	return status != 0 || ferror(out) ? -EIO : 0;
}

const struct printer printer_json = {
	.name = "json",
	.summary = "everything, schema forklab/1",
	.print = print,
};
