/* forklab: the program people type. Each command is a function of its own. */
#include "audit_command.h"
#include "catalogue.h"
#include "choose_command.h"
#include "cli.h"
#include "cost_command.h"
#include "explain_command.h"
#include "interrupt.h"
#include "list_command.h"
#include "preload.h"
#include "run_command.h"
#include "status.h"
#include "supervisor.h"
#include "trace_command.h"

#include <locale.h>
#include <stdio.h>

enum { ERROR_MAX = 1024 };

static int (*const command[COMMAND_COUNT])(
	const struct catalogue *catalogue, const struct options *options) = {
	[COMMAND_RUN] = run_command,
	[COMMAND_STRESS] = run_command,
	[COMMAND_SWEEP] = run_command,
	[COMMAND_TRACE] = trace_command,
	[COMMAND_AUDIT] = audit_command,
	[COMMAND_EXPLAIN] = explain_command,
	[COMMAND_COST] = cost_command,
	[COMMAND_CHOOSE] = choose_command,
	[COMMAND_LIST] = list_command,
};

static int usage_error(const char *error)
{
	fprintf(stderr, "forklab: %s\n", error);
	return STATUS_USAGE;
}

static int run(int argc, char **argv)
{
	static struct options options;
	static struct catalogue catalogue;
	char error[ERROR_MAX];
	int parsed = cli_parse(argc, argv, &options, error, sizeof error);
	if (parsed < 0)
		return usage_error(error);
	if (parsed == CLI_HELP)
		cli_help(stdout);
	else if (parsed == CLI_VERSION)
		cli_version(stdout);
	if (parsed != CLI_PROCEED)
		return STATUS_OK;
	if (interrupt_init() != 0)
		return STATUS_BROKEN;
	if (catalogue_load(&catalogue, options.runner_dir, error, sizeof error) != 0)
		return usage_error(error);
	int status = STATUS_USAGE;
	if (preload_add(&catalogue, &options, error, sizeof error) != 0)
		status = interrupt_received() ? STATUS_SIGNAL + interrupt_signal()
					      : usage_error(error);
	else
		status = command[options.command](&catalogue, &options);
	catalogue_free(&catalogue);
	return status;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	return supervisor_run(run, argc, argv);
}
