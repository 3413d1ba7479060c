/* forklab: the program that people type. */
#include "catalogue.h"
#include "cli.h"
#include "command_output.h"
#include "help.h"
#include "interrupt.h"
#include "needed_calls.h"
#include "preload.h"
#include "proc_mount.h"
#include "status.h"
#include "supervisor.h"
#include "user_scenario.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* The status after an error of the surroundings, which is printed. */
static int cannot(const char *what, int error_number)
{
	char error[ERROR_MAX];
	(void)snprintf(error, sizeof(error), "cannot %s: %s", what, strerror(error_number));
	return command_error(STATUS_BROKEN, error);
}

static int run_with_catalogue(const struct command *command, const struct options *options)
{
	static struct catalogue catalogue;
	char error[ERROR_MAX];
	int status, failed = catalogue_load(&catalogue, options->runner_dir, error, sizeof(error));
	if (failed)
		return command_error(failed == -EIO ? STATUS_BROKEN : STATUS_USAGE, error);
	if (preload_add(&catalogue, options, error, sizeof(error)) == 0 &&
		user_scenarios_add(&catalogue, options, error, sizeof(error)) == 0) {
		catalogue_limit_memory(&catalogue, options->memory_bytes);
		status = command->run(&catalogue, options);
	} else if (interrupt_received()) {
		status = STATUS_SIGNAL + interrupt_signal();
	} else {
		status = command_error(STATUS_USAGE, error);
	}
	user_scenarios_remove();
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

/* Help and version, which go to standard output. */
static int print_about(int what, const struct command *command)
{
	if (what == CLI_VERSION)
		cli_version(stdout);
	else if (command)
		help_print_command(stdout, command);
	else
		help_print(stdout);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	return cannot("write standard output", errno);
}

/* What a sandbox or a limit takes away is told before the run. */
static int check_calls(void)
{
	const char *call;
	int error = needed_calls_check(&call);
	return error ? cannot(call, -error) : STATUS_OK;
}

static int run_command(const struct command *command, const struct options *options)
{
	char error[ERROR_MAX];
	if (!has_proc(error, sizeof(error)))
		return command_error(STATUS_BROKEN, error);
	/* A file that becomes too large is an error of write(), and told as one. */
	signal(SIGXFSZ, SIG_IGN);
	int status = check_calls();
	if (status == STATUS_OK && interrupt_init() != 0)
		return cannot("receive signals", errno);
	return status == STATUS_OK ? run_with_catalogue(command, options) : status;
}

static int run(int argc, char **argv)
{
	static struct options options;
	const struct command *command;
	char error[ERROR_MAX];
	int parsed = cli_parse(argc, argv, &command, &options, error, sizeof(error));
	if (parsed < 0)
		return command_error(STATUS_USAGE, error);
	return parsed == CLI_PROCEED ? run_command(command, &options)
				     : print_about(parsed, command);
}

/* The likely cause of a death by that signal; "" for those that users send. */
static const char *cause_of_death(int number)
{
	struct rlimit cpu;
	bool cpu_limited = getrlimit(RLIMIT_CPU, &cpu) == 0 && cpu.rlim_cur != RLIM_INFINITY;
	switch (number) {
	case SIGINT:
	case SIGTERM:
	case SIGHUP:
	case SIGPIPE:
		return "";
	case SIGXCPU:
		return "its limit of CPU time (ulimit -t)";
	case SIGKILL:
		return cpu_limited ? "its limit of CPU time (ulimit -t), or somebody's kill -9"
				   : "somebody's kill -9, or the kernel for lack of memory";
	case SIGSEGV:
		return "a defect of forklab, or a small limit of the stack (ulimit -s)";
	default:
		return "a defect of forklab";
	}
}

static void report_death(int number)
{
	char error[ERROR_MAX];
	const char *cause = number ? cause_of_death(number) : "";
	if (!*cause)
		return;
	(void)snprintf(error, sizeof(error),
		"ended without a result: its working process was killed by signal %d (%s): %s",
		number, strsignal(number), cause);
	command_error(STATUS_BROKEN, error);
}

int main(int argc, char **argv)
{
	char error[ERROR_MAX];
	setlocale(LC_CTYPE, "");
	user_scenarios_init();
	int status = supervisor_run(run, argc, argv);
	report_death(supervisor_killed_by());
	/* After a supervised process that was killed. */
	user_scenarios_remove();
	if (status >= 0)
		return status;
	(void)snprintf(
		error, sizeof(error), "cannot supervise child processes: %s", strerror(-status));
	return command_error(STATUS_BROKEN, error);
}
