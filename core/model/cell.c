#include "model.h"

#include <stdio.h>

const char model_no_trace_right[] =
	"no right to trace a process (ptrace): allow it in the container's seccomp profile, or "
	"with sysctl kernel.yama.ptrace_scope=1";

const char *cell_mode_name(enum cell_mode mode)
{
	static const char *const names[] = {"", "stress", "sweep"};
	return names[mode];
}

static void describe_unreached(struct cell *cell, uint32_t points)
{
	snprintf(cell->why, sizeof(cell->why),
		"the sequence has only %u fork points: choose --point 1 to %u", points, points);
}

static void describe_waited(struct cell *cell, uint32_t point)
{
	snprintf(cell->why, sizeof(cell->why),
		"the fork waits at point %u until the stepped thread goes on, so no child is made "
		"there",
		point);
}

void cell_skip(struct cell *cell, enum skip_reason reason, const char *text, uint32_t number)
{
	cell->verdict = VERDICT_SKIPPED;
	cell->skip = reason;
	switch (reason) {
	case SKIP_BUDGET:
		snprintf(cell->why, sizeof(cell->why), "budget exhausted before the first %s",
			model_is_sweep(cell) ? "fork point" : "trial");
		break;
	case SKIP_POINT_UNREACHED:
		describe_unreached(cell, number);
		break;
	case SKIP_POINT_WAITED:
		describe_waited(cell, number);
		break;
	case SKIP_NO_TRACE_RIGHT:
		snprintf(cell->why, sizeof(cell->why), "%s", model_no_trace_right);
		break;
	case SKIP_NO_SEQUENCE:
		snprintf(cell->why, sizeof(cell->why), "the scenario has no sequence to sweep");
		break;
	default:
		snprintf(cell->why, sizeof(cell->why), "%s", text);
		break;
	}
}
