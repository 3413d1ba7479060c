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
	.about = "Forks at random moments, by default while a thread is inside the "
		 "allocator, and lets the child allocate. Each hang is proven or "
		 "described.",
	.example = {"forklab stress -a glibc -s basic -m _Fork --trials 500",
		"forklab stress -a glibc,jemalloc -s churn -m fork"},
	.note = {{KEY_TRIALS, "Random trials per cell (400)"},
		{KEY_BUDGET,
			"End after about that time, with fewer trials or cells; the controls and "
			"the first cell take some seconds in any case (50)"},
		{KEY_QUICK, "--trials 100 --budget 10"}},
	.option = {CELL_OPTIONS, EFFORT_OPTIONS, KEY_NO_AIM, KEY_TRIAL, KEY_TRIALS, KEY_WORKERS,
		KEY_MITIGATION, KEY_ALL_VARIANTS, KEY_TOOLS},
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
