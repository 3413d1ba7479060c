/* Random trials only. */
#include "command.h"
#include "comparison.h"

static int run(const struct catalogue *catalogue, const struct options *options)
{
	return comparison_run(catalogue, options, NULL);
}

const struct command command_stress = {
	.name = "stress",
	.summary = "fork at random moments while background threads allocate",
	.option = {CELL_OPTIONS, KEY_TRIAL, KEY_TRIALS, KEY_WORKERS, KEY_MITIGATION,
		KEY_ALL_VARIANTS},
	.formats = COMPARISON_FORMATS,
	.mode = {MODE_STRESS},
	.modes = 1,
	.defaults =
		{
			[EFFORT_NORMAL] = {.trials = 400, .budget_s = 50},
			[EFFORT_QUICK] = {.trials = 100, .budget_s = 10},
			[EFFORT_THOROUGH] = {.trials = 20000},
		},
	.run = run,
};
