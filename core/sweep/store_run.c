#include "store_run.h"

static bool is_recent(const struct run *run, uint64_t pc)
{
	for (int i = 0; i < RUN_PLACES; i++)
		if (run->recent[i] == pc)
			return true;
	return false;
}

bool run_try(struct run *run, uint64_t pc)
{
	run->length = is_recent(run, pc) ? run->length + 1 : 0;
	run->recent[run->next++ % RUN_PLACES] = pc;
	run->owed = run->length >= RUN_WHOLE && run->length % RUN_EVERY != 0;
	return !run->owed;
}

bool run_ends(struct run *run, uint64_t pc)
{
	bool ends = run->owed && !is_recent(run, pc);
	if (ends)
		run->owed = false;
	return ends;
}
