#include "list.h"

#include "pages.h"

#include <libsmartcols.h>
#include <stdio.h>

enum { STATUS_OK = 0, STATUS_BROKEN = 3 };

/* One row of the list: every list has a name, a remark and a description. */
struct row {
	const char *name, *remark, *text;
};

static int add_row(struct libscols_table *table, const struct row *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	if (!line)
		return -1;
	return scols_line_set_data(line, 0, row->name) ||
	       scols_line_set_data(line, 1, row->remark) || scols_line_set_data(line, 2, row->text);
}

static struct libscols_table *new_table(const char *kind, const char *remark, const char *text)
{
	struct libscols_table *table = scols_new_table();
	if (!table)
		return NULL;
	if (scols_table_new_column(table, kind, 0, 0) &&
		scols_table_new_column(table, remark, 0, 0) &&
		scols_table_new_column(table, text, 0, SCOLS_FL_WRAP))
		return table;
	scols_unref_table(table);
	return NULL;
}

static int print_table(struct libscols_table *table, bool last)
{
	int failed = scols_print_table(table) < 0;
	scols_unref_table(table);
	printf(last ? "" : "\n");
	return failed;
}

static int print_allocators(const struct catalogue *catalogue)
{
	struct libscols_table *table = new_table("ALLOCATOR", "STATE", "WHAT IT IS");
	int failed = !table;
	for (size_t i = 0; !failed && i < catalogue->allocators; i++) {
		const struct catalogue_allocator *a = &catalogue->allocator[i];
		struct row row = {
			a->name, a->built ? a->link : "missing", a->built ? a->summary : a->why};
		failed = add_row(table, &row);
	}
	return failed ? failed : print_table(table, false);
}

static int print_scenarios(const struct catalogue *catalogue)
{
	struct libscols_table *table = new_table("SCENARIO", "STATE", "WHAT HAPPENS");
	int failed = !table;
	for (size_t i = 0; !failed && i < catalogue->scenarios; i++) {
		struct row row = {
			catalogue->scenario[i].name, "built", catalogue->scenario[i].summary};
		failed = add_row(table, &row);
	}
	return failed ? failed : print_table(table, false);
}

static int print_methods(void)
{
	static const char *const how[METHOD_COUNT] = {
		[METHOD_FORK] = "libc's fork(): atfork handlers run, libc locks its own malloc",
		[METHOD__FORK] = "libc's _Fork(): async-signal-safe, no handler runs",
		[METHOD_CLONE] = "the bare system call, behind libc's back",
	};
	struct libscols_table *table = new_table("METHOD", "DEFAULT", "HOW THE CHILD IS MADE");
	int failed = !table;
	for (uint32_t i = 0; !failed && i < METHOD_COUNT; i++) {
		struct row row = {pages_method_name(i), i == METHOD_CLONE ? "no" : "yes", how[i]};
		failed = add_row(table, &row);
	}
	return failed ? failed : print_table(table, true);
}

int list_print(const struct catalogue *catalogue, const struct options *options)
{
	(void)options;
	int failed = print_allocators(catalogue) || print_scenarios(catalogue) || print_methods();
	return failed ? STATUS_BROKEN : STATUS_OK;
}
