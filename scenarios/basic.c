/*
 * Case 06 of the teaching program: threads allocate and free, main forks, the child allocates.
 */
#include "scenario.h"

static const struct sequence sequence = {
	.run = lab_sequence_long, .fill_arenas = true, .is_long = true};

const struct scenario scenario_basic = {
	.name = "basic",
	.summary =
		"threads allocate and free mixed sizes, main forks, the child allocates and frees",
	.forker = FORKER_MAIN,
	.heap_checked = true,
	.work = lab_mixed_work,
	.child = lab_child_steps,
	.sequence = &sequence,
};
