#include "cost_common.h"

#include "command_output.h"
#include "plot.h"
#include "status.h"

#include <errno.h>

int cost_check_port(const struct options *options, const struct option_error *error)
{
	const struct choose_options *choose = &options->choose;
	if (options->cost.port && (!choose->has_server || choose->server == SERVER_SNAPSHOT))
		return option_error_set(
			error, "--port is for the servers that listen: --server prefork or pool");
	return 0;
}

int cost_prepare_plot(const struct options *options, unsigned files, char *error, size_t size)
{
	const struct plot plot = {options->plot_dir, files};
	return options->plot_dir ? plot_prepare(&plot, error, size) : 0;
}

int cost_draw_plot(const struct options *options, unsigned files, const struct cost_report *costs,
	const struct choose_report *choice)
{
	const struct plot plot = {options->plot_dir, files};
	char error[ERROR_MAX];
	if (!options->plot_dir)
		return STATUS_OK;
	int failed = plot_draw(&plot, costs, choice, stderr, options->quiet, error, sizeof(error));
	if (failed)
		(void)command_error(STATUS_BROKEN, error);
	return command_status(failed == -EINTR, failed ? STATUS_BROKEN : STATUS_OK);
}
