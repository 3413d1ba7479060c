/* The whole comparison table. */
#include "audit_cells.h"
#include "command.h"
#include "comparison.h"

static int complete(struct options *options, const struct option_error *error)
{
	(void)error;
	options->variants_in_basic = true;
	return 0;
}

static int run(const struct catalogue *catalogue, const struct options *options)
{
	return comparison_run(catalogue, options, audit_cells);
}

const struct command command_run = {
	.name = "run",
	.summary = "compare allocators in one table: stress and sweep (the default)",
	.about = "Runs every scenario with every allocator, under fork() and _Fork(): "
		 "random forks while other threads allocate (stress), and a fork at every "
		 "instruction that changes memory (sweep). Prints which children can still"
		 " use their allocator.",
	.example = {"forklab run -a jemalloc,glibc -m fork",
		"forklab run --preload libjemalloc.so.2 --fail-on bad"},
	.option = {CELL_OPTIONS, EFFORT_OPTIONS, STORE_OPTIONS, KEY_NO_AIM, KEY_TRIALS, KEY_WORKERS,
		KEY_MITIGATION, KEY_POINTS, KEY_EVERY_INSTRUCTION, KEY_ALL_VARIANTS, KEY_TOOLS,
		KEY_DETAILS, KEY_WINDOWS},
	.formats = COMPARISON_FORMATS,
	.mode = {MODE_STRESS, MODE_SWEEP},
	.modes = 2,
	.defaults = CELL_DEFAULTS,
	.complete = complete,
	.run = run,
};
