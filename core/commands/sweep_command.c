/* Sweeps only. */
#include "command.h"
#include "comparison.h"

static int run(const struct catalogue *catalogue, const struct options *options)
{
	return comparison_run(catalogue, options, NULL);
}

const struct command command_sweep = {
	.name = "sweep",
	.summary = "step a thread through its calls and fork wherever the memory that a\n"
		   "child inherits has changed: the same result every time",
	.option = {CELL_OPTIONS, KEY_POINT, KEY_MITIGATION, KEY_POINTS, KEY_EVERY_INSTRUCTION,
		KEY_ALL_VARIANTS, KEY_WINDOWS},
	.formats = COMPARISON_FORMATS,
	.mode = {MODE_SWEEP},
	.modes = 1,
	.defaults = CELL_DEFAULTS,
	.run = run,
};
