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

void cell_skip(struct cell *cell, enum skip_reason reason, const char *text, uint32_t number)
{
	cell->verdict = VERDICT_SKIPPED;
	cell->skip = (struct skip){.reason = reason, .number = number};
	snprintf(cell->skip.text, sizeof(cell->skip.text), "%s", text ? text : "");
}

bool cell_nothing_changes(const struct cell *cell)
{
	return model_is_sweep(cell) && cell->sweep.complete && cell->sweep.points == 0 &&
	       cell->trials == 0 && cell->count[VERDICT_BROKEN] == 0;
}

bool cell_same_skip(const struct cell *a, const struct cell *b)
{
	return a->skip.reason == b->skip.reason && a->skip.number == b->skip.number &&
	       strcmp(a->skip.text, b->skip.text) == 0;
}
