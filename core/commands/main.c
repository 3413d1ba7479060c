/* forklab: the program that people type. */
#include "catalogue.h"
#include "cli.h"
#include "command_output.h"
#include "interrupt.h"
#include "preload.h"
#include "proc_mount.h"
#include "status.h"
#include "supervisor.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static int run_with_catalogue(const struct command *command, const struct options *options)
{
	static struct catalogue catalogue;
	char error[ERROR_MAX];
	int status;
	if (catalogue_load(&catalogue, options->runner_dir, error, sizeof(error)) != 0)
		return command_error(STATUS_USAGE, error);
	if (preload_add(&catalogue, options, error, sizeof(error)) == 0) {
		catalogue_limit_memory(&catalogue, options->memory_bytes);
		status = command->run(&catalogue, options);
	} else if (interrupt_received()) {
		status = STATUS_SIGNAL + interrupt_signal();
	} else {
		status = command_error(STATUS_USAGE, error);
	}
	catalogue_free(&catalogue);
	return status;
}

/* Without it nothing can be observed, and with another one's the wrong processes are. */
static bool has_proc(char *error, size_t size)
{
	static const char *const errors[] = {
		[PROC_MOUNT_NONE] = "no proc file system is mounted on /proc; forklab needs it: "
				    "mount -t proc proc /proc",
		[PROC_MOUNT_FOREIGN] =
			"the file system on /proc is that of another pid namespace; mount one for "
			"this namespace (unshare has --mount-proc): mount -t proc proc /proc",
	};
	enum proc_mount mount = proc_mount_check();
	if (mount != PROC_MOUNT_OWN)
		(void)snprintf(error, size, "%s", errors[mount]);
	return mount == PROC_MOUNT_OWN;
}

static int run(int argc, char **argv)
{
	static struct options options;
	const struct command *command;
	char error[ERROR_MAX];
	int parsed = cli_parse(argc, argv, &command, &options, error, sizeof(error));
	if (parsed < 0)
		return command_error(STATUS_USAGE, error);
	if (parsed == CLI_HELP)
		cli_help(stdout);
	else if (parsed == CLI_VERSION)
		cli_version(stdout);
	if (parsed != CLI_PROCEED)
		return STATUS_OK;
	if (!has_proc(error, sizeof(error)))
		return command_error(STATUS_BROKEN, error);
	return interrupt_init() == 0 ? run_with_catalogue(command, &options) : STATUS_BROKEN;
}

int main(int argc, char **argv)
{
	char error[ERROR_MAX];
	setlocale(LC_CTYPE, "");
	int status = supervisor_run(run, argc, argv);
	if (status >= 0)
		return status;
	(void)snprintf(
		error, sizeof(error), "cannot supervise child processes: %s", strerror(-status));
	return command_error(STATUS_BROKEN, error);
}
