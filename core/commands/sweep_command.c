/* Sweeps only. */
#include "command.h"
#include "comparison.h"

static int run(const struct catalogue *catalogue, const struct options *options)
{
	return comparison_run(catalogue, options, NULL);
}

const struct command command_sweep = {
	.name = "sweep",
	.summary = "fork at every instruction that changes memory: always the same result",
	.about = "Steps a thread through a sequence of calls and forks wherever the memory"
		 " that a child inherits has changed. The result is the same every time, "
		 "and complete for that sequence.",
	.example = {"forklab sweep -a glibc -s basic -m _Fork --windows",
		"forklab sweep -a glibc -s basic -m _Fork --point 210"},
	.note = {{KEY_BUDGET, "End after about that time, with fewer points or cells (135)"},
		{KEY_QUICK, "--budget 20"},
		{KEY_THOROUGH, "No budget, and without -s all scenarios"}},
	.option = {CELL_OPTIONS, EFFORT_OPTIONS, STORE_OPTIONS, KEY_POINT, KEY_MITIGATION,
		KEY_POINTS, KEY_EVERY_INSTRUCTION, KEY_ALL_VARIANTS, KEY_TOOLS, KEY_WINDOWS},
	.formats = COMPARISON_FORMATS,
	.mode = {MODE_SWEEP},
	.modes = 1,
	.defaults = CELL_DEFAULTS,
	.run = run,
};
