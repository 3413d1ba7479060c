#include "audit_command.h"

#include "audit.h"
#include "audit_print.h"
#include "host.h"
#include "interrupt.h"
#include "monotonic.h"
#include "output.h"
#include "plan.h"
#include "status.h"
#include "supervisor.h"
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_MAX = 1024 };
static const double audit_timeout_s = 10;

static const struct {
	const char *name;
	audit_printer *print;
} formats[] = {
	{"text", audit_print_text},
	{"json", audit_print_json},
	{"markdown", audit_print_markdown},
};

static audit_printer *find_printer(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].print;
	return audit_print_text;
}

/* One after the other: two at a time would wait for each other's processor. */
static void audit_all(struct audit_report *list, struct audit *audit,
	const struct catalogue_allocator *const *chosen, size_t count)
{
	char error[ERROR_MAX];
	uint64_t begin = monotonic_ns();
	host_describe(&list->host);
	for (size_t i = 0; i < count && !interrupt_received(); i++) {
		(void)audit_allocator(chosen[i], audit_timeout_s, &audit[i], error, sizeof error);
		if (!interrupt_received())
			list->audits++;
	}
	list->audit = audit;
	list->partial = interrupt_received();
	list->seconds = (double)(monotonic_ns() - begin) / 1e9;
}

static int print(
	const struct audit_report *list, const struct options *options, struct output *output)
{
	char error[ERROR_MAX] = "the result cannot be written";
	struct print_options print_options = terminal_print_options(options);
	int failed = find_printer(options->format)(output->stream, list, &print_options);
	if (failed)
		output_abandon(output);
	else
		failed = output_commit(output, error, sizeof error);
	if (failed)
		fprintf(stderr, "forklab: %s\n", error);
	return failed ? STATUS_BROKEN : STATUS_OK;
}

/* What nobody could look at is no failure where tracing is forbidden; elsewhere it is one. */
static int exit_status(const struct audit_report *list)
{
	for (size_t i = 0; i < list->audits; i++)
		if (list->audit[i].kind == AUDIT_UNKNOWN && !list->audit[i].not_allowed)
			return STATUS_BROKEN;
	return STATUS_OK;
}

static int run(const struct options *options, const struct catalogue_allocator *const *chosen,
	size_t count, struct output *output)
{
	struct audit_report list = {0};
	struct audit *audit = calloc(count + 1, sizeof *audit);
	int status = STATUS_BROKEN;
	if (!audit) {
		fprintf(stderr, "forklab: no memory\n");
		return status;
	}
	audit_all(&list, audit, chosen, count);
	if (!supervisor_is_gone())
		status = print(&list, options, output);
	if (status == STATUS_OK)
		status = list.partial ? STATUS_SIGNAL + interrupt_signal() : exit_status(&list);
	free(audit);
	return status;
}

static bool runners_fit(
	const struct catalogue_allocator *const *chosen, size_t count, char *error, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (!catalogue_runner_matches(chosen[i], error, size))
			return false;
	return true;
}

int audit_command(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct output output = {0};
	size_t count = 0;
	int status = STATUS_USAGE;
	const struct catalogue_allocator **chosen = calloc(
		catalogue->allocators + OPTIONS_NAMES_MAX, sizeof(struct catalogue_allocator *));
	if (!chosen) {
		fprintf(stderr, "forklab: no memory\n");
		return STATUS_BROKEN;
	}
	if (plan_allocators(&options->alloc, catalogue, chosen, &count, error, sizeof error) != 0 ||
		!runners_fit(chosen, count, error, sizeof error) ||
		output_open(&output, options->output, error, sizeof error) != 0)
		fprintf(stderr, "forklab: %s\n", error);
	else
		status = run(options, chosen, count, &output);
	output_abandon(&output);
	free(chosen);
	return status;
}
