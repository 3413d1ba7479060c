/* What the atfork handlers of each allocator do. */
#include "audit.h"
#include "audit_print.h"
#include "command.h"
#include "command_output.h"
#include "command_runners.h"
#include "host.h"
#include "interrupt.h"
#include "monotonic.h"
#include "status.h"
#include "supervisor.h"

#include <stdlib.h>

static const double audit_timeout_s = 10;

/* One after the other: two at a time would compete for the processor. */
static void audit_all(
	struct audit_report *list, struct audit *audit, const struct chosen_allocators *chosen)
{
	char error[ERROR_MAX];
	uint64_t begin = monotonic_ns();
	host_describe(&list->host);
	for (size_t i = 0; i < chosen->count && !interrupt_received(); i++) {
		(void)audit_allocator(
			chosen->allocator[i], audit_timeout_s, &audit[i], error, sizeof(error));
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
	struct print_options print_options = command_print_options(options);
	return command_commit(
		output, audit_print(output->stream, options->format, list, &print_options));
}

/* An allocator that cannot be audited is a failure, unless tracing is forbidden here. */
static int exit_status(const struct audit_report *list)
{
	for (size_t i = 0; i < list->audits; i++)
		if (list->audit[i].summary.kind == AUDIT_UNKNOWN && !list->audit[i].not_allowed)
			return STATUS_BROKEN;
	return STATUS_OK;
}

static int audit_and_print(const struct options *options, const struct chosen_allocators *chosen,
	struct output *output)
{
	struct audit_report list = {0};
	struct audit *audit = calloc(chosen->count + 1, sizeof(*audit));
	int status = STATUS_BROKEN;
	if (!audit)
		return command_error(status, "no memory");
	audit_all(&list, audit, chosen);
	if (!supervisor_is_gone())
		status = print(&list, options, output);
	if (status == STATUS_OK)
		status = command_status(list.partial, exit_status(&list));
	free(audit);
	return status;
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	char error[ERROR_MAX];
	struct output output = {0};
	struct chosen_allocators chosen;
	int status = STATUS_USAGE;
	if (command_choose_allocators(&chosen, options, catalogue, true, error, sizeof(error)) !=
			0 ||
		output_open(&output, options->output, error, sizeof(error)) != 0)
		(void)command_error(status, error);
	else
		status = audit_and_print(options, &chosen, &output);
	output_abandon(&output);
	free(chosen.allocator);
	return status;
}

const struct command command_audit = {
	.name = "audit",
	.summary = "show which atfork handlers are registered, and what they do",
	.about = "Steps one fork() through the atfork handlers of each allocator: which "
		 "locks they take, and whether they release or re-initialise them in the "
		 "child.",
	.example = {"forklab audit -a jemalloc,tcmalloc",
		"forklab audit --preload libjemalloc.so.2 --format json"},
	.option = {KEY_MEMORY},
	.formats = 1U << OUTPUT_TEXT | 1U << OUTPUT_JSON | 1U << OUTPUT_MARKDOWN,
	.run = run,
};
