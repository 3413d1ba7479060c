/* What there is, and why something is missing. */
#include "command.h"
#include "command_output.h"
#include "plan.h"
#include "shm_map.h"
#include "status.h"

#include <jansson.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 1 };

static const struct {
	bool by_default;
	const char *summary;
} methods[METHOD_COUNT] = {
	[METHOD_FORK] = {true, "libc's fork(): atfork handlers run, libc locks its own malloc"},
	[METHOD__FORK] = {true, "libc's _Fork(): async-signal-safe, no handler runs"},
	[METHOD_CLONE] = {false, "the bare system call, which bypasses libc"},
};

/* ---- Text ---- */

/* One row: every list has a name, a remark and a description. */
static int add_row(
	struct libscols_table *table, const char *name, const char *remark, const char *text)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	return !line || scols_line_set_data(line, 0, name) ||
	       scols_line_set_data(line, 1, remark) || scols_line_set_data(line, 2, text);
}

static struct libscols_table *new_table(
	FILE *out, const char *kind, const char *remark, const char *text)
{
	struct libscols_table *table = scols_new_table();
	if (!table)
		return NULL;
	if (scols_table_new_column(table, kind, 0, 0) &&
		scols_table_new_column(table, remark, 0, 0) &&
		scols_table_new_column(table, text, 0, SCOLS_FL_WRAP) &&
		scols_table_set_stream(table, out) == 0)
		return table;
	scols_unref_table(table);
	return NULL;
}

static int finish_table(struct libscols_table *table, int failed, FILE *out, bool last)
{
	if (!failed)
		failed = scols_print_table(table) < 0;
	scols_unref_table(table);
	if (!last)
		fputc('\n', out);
	return failed;
}

static int text_allocators(const struct catalogue *catalogue, FILE *out)
{
	struct libscols_table *table = new_table(out, "ALLOCATOR", "LINK", "WHAT IT IS");
	int failed = !table;
	for (size_t i = 0; !failed && i < catalogue->allocators; i++) {
		const struct catalogue_allocator *a = &catalogue->allocator[i];
		failed = add_row(table, a->name, a->built ? link_kind_name(a->link) : "missing",
			a->built ? a->summary : a->why);
	}
	return finish_table(table, failed, out, false);
}

static int text_scenarios(const struct catalogue *catalogue, FILE *out)
{
	struct libscols_table *table = new_table(out, "SCENARIO", "DEFAULT", "WHAT HAPPENS");
	int failed = !table;
	for (size_t i = 0; !failed && i < catalogue->scenarios; i++)
		failed = add_row(table, catalogue->scenario[i].name,
			catalogue->scenario[i].optional ? "no" : "yes",
			catalogue->scenario[i].summary);
	return finish_table(table, failed, out, false);
}

static int text_methods(FILE *out)
{
	struct libscols_table *table = new_table(out, "METHOD", "DEFAULT", "HOW THE CHILD IS MADE");
	int failed = !table;
	for (uint32_t i = 0; !failed && i < METHOD_COUNT; i++)
		failed = add_row(table, fork_method_name(i), methods[i].by_default ? "yes" : "no",
			methods[i].summary);
	return finish_table(table, failed, out, true);
}

static int print_text(const struct catalogue *catalogue, FILE *out)
{
	return text_allocators(catalogue, out) || text_scenarios(catalogue, out) ||
	       text_methods(out);
}

/* ---- JSON ---- */

static json_t *json_allocators(const struct catalogue *catalogue)
{
	json_t *list = json_array();
	for (size_t i = 0; i < catalogue->allocators; i++) {
		const struct catalogue_allocator *a = &catalogue->allocator[i];
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:b, s:s, s:s, s:s}", "name", a->name, "link",
				link_kind_name(a->link), "built", a->built, "teaching",
				a->kind == ALLOCATOR_TEACHING, "summary", a->summary, "package",
				a->package, "why", a->built ? "" : a->why));
	}
	return list;
}

static json_t *json_scenarios(const struct catalogue *catalogue)
{
	json_t *list = json_array();
	for (size_t i = 0; i < catalogue->scenarios; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:s}", "name", catalogue->scenario[i].name,
				      "default", !catalogue->scenario[i].optional, "summary",
				      catalogue->scenario[i].summary));
	return list;
}

static json_t *json_methods(void)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < METHOD_COUNT; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:s}", "name", fork_method_name(i), "default",
				      methods[i].by_default, "summary", methods[i].summary));
	return list;
}

static int print_json(const struct catalogue *catalogue, FILE *out)
{
	json_t *root = json_pack("{s:s, s:o, s:o, s:o}", "schema", "forklab-list/1", "allocators",
		json_allocators(catalogue), "scenarios", json_scenarios(catalogue), "methods",
		json_methods());
	int failed = !root || json_dumpf(root, out, JSON_INDENT(INDENT)) != 0;
	fputc('\n', out);
	json_decref(root);
	return failed;
}

/* ---- Those that are named ---- */

static bool is_named(const struct name_list *list, const char *name)
{
	bool named = list->all || !list->count;
	for (size_t i = 0; !named && i < list->count; i++)
		named = strcmp(list->name[i], name) == 0;
	return named;
}

/* The catalogue without what is not named. It has room for as much as the whole one. */
static void keep_named(
	struct catalogue *kept, const struct catalogue *whole, const struct options *options)
{
	kept->allocators = kept->scenarios = 0;
	for (size_t i = 0; i < whole->allocators; i++)
		if (is_named(&options->alloc, whole->allocator[i].name))
			kept->allocator[kept->allocators++] = whole->allocator[i];
	for (size_t i = 0; i < whole->scenarios; i++)
		if (is_named(&options->scenario, whole->scenario[i].name))
			kept->scenario[kept->scenarios++] = whole->scenario[i];
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct output output;
	struct catalogue *kept = malloc(sizeof(*kept));
	if (!kept)
		return command_error(STATUS_BROKEN, "no memory");
	*kept = *catalogue;
	kept->allocator = calloc(catalogue->allocators + 1, sizeof(*kept->allocator));
	int status = kept->allocator ? STATUS_OK : command_error(STATUS_BROKEN, "no memory");
	if (status == STATUS_OK &&
		(plan_check_names(options, catalogue, error, sizeof(error)) != 0 ||
			output_open(&output, options->output, error, sizeof(error)) != 0))
		status = command_error(STATUS_USAGE, error);
	if (status == STATUS_OK) {
		keep_named(kept, catalogue, options);
		status = command_commit(&output, options->format == OUTPUT_JSON
							 ? print_json(kept, output.stream)
							 : print_text(kept, output.stream));
	}
	free(kept->allocator);
	free(kept);
	return status;
}

const struct command command_list = {
	.name = "list",
	.summary = "list allocators, scenarios and fork methods, and why one is missing",
	.about = "Lists what can be named with -a, -s and -m, and why an allocator was not"
		 " built.",
	.example = {"forklab list", "forklab list --format json"},
	.option = {'s'},
	.formats = 1U << OUTPUT_TEXT | 1U << OUTPUT_JSON,
	.run = run,
};
