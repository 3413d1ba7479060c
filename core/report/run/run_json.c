/*
 * --format json: schema "forklab/1". What is not known or does not apply is null, and is never left
 * out, but for the keys of the other mode; a later version may add keys, but changes none.
 */
#include "finding_text.h"
#include "json_node.h"
#include "run_json_cell.h"
#include "run_print.h"
#include "shm_map.h"

#include <inttypes.h>
#include <jansson.h>

/* The seed is a string for the same reason as an address is. */
static json_t *options_object(const struct run_options *options)
{
	return node_object((struct json_member[]){
		{"command", node_text(options->command)},
		{"version", node_text(options->version)},
		{"seed", json_sprintf("%" PRIu64, options->seed)},
		{"trials", node_integer(options->trials)},
		{"workers", node_integer(options->workers)},
		{"budget_s", options->budget_s > 0 ? node_real(options->budget_s) : json_null()},
		{"deadline_s", node_real(options->deadline_s)},
		{"aim", node_boolean(options->aim)},
		{"every_instruction", node_boolean(options->every_instruction)},
		{0},
	});
}

static json_t *control_object(const struct control *control)
{
	char why[FINDING_TEXT_MAX] = "";
	if (!control->passed)
		finding_text_control(why, sizeof(why), control);
	return node_object((struct json_member[]){
		{"allocator", node_text(control->allocator)},
		{"scenario", node_text(control->scenario)},
		{"method", node_text(fork_method_name(control->method))},
		{"expected", node_literal(verdict_name(control->expected))},
		{"got", node_literal(verdict_name(control->got))},
		{"hits", node_integer(control->hits)},
		{"trials", node_integer(control->trials)},
		{"passed", node_boolean(control->passed)},
		{"why", node_text_or_null(why)},
		{0},
	});
}

/* The i-th element of a list of the report. */
static json_t *result_at(const void *report, size_t i)
{
	return node_cell(&((const struct report *)report)->cell[i]);
}

static json_t *control_at(const void *report, size_t i)
{
	return control_object(&((const struct report *)report)->control[i]);
}

static json_t *note_at(const void *report, size_t i)
{
	return node_text(((const struct report *)report)->note[i]);
}

static json_t *controls(const struct report *report)
{
	return report->controls_ran ? node_array(report, report->controls, control_at)
				    : json_null();
}

int run_print_json(FILE *out, const struct report *report, const struct print_options *options)
{
	json_t *root = node_object((struct json_member[]){
		{"schema", node_literal("forklab/1")},
		{"host", node_host(&report->host)},
		{"options", options_object(&report->options)},
		{"results", node_array(report, report->cells, result_at)},
		{"controls", controls(report)},
		{"sufficient", node_boolean(report->controls_passed)},
		{"partial", node_boolean(report->partial)},
		{"notes", node_array(report, report->notes, note_at)},
		{"seconds", node_real(report->seconds)},
		{0},
	});
	(void)options;
	return node_write(out, root);
}
