#include "store_run.h"

static bool is_recent(const struct store_run *store_run, uint64_t pc)
{
	for (int i = 0; i < STORE_RUN_PCS; i++)
		if (store_run->recent[i] == pc)
			return true;
	return false;
}

bool store_run_sample(struct store_run *store_run, uint64_t pc)
{
	store_run->length = is_recent(store_run, pc) ? store_run->length + 1 : 0;
	store_run->recent[store_run->next++ % STORE_RUN_PCS] = pc;
	store_run->deferred =
		store_run->length >= STORE_RUN_WHOLE && store_run->length % STORE_RUN_NTH != 0;
	return !store_run->deferred;
}

bool store_run_ends(struct store_run *store_run, uint64_t pc)
{
	bool ends = store_run->deferred && !is_recent(store_run, pc);
	if (ends)
		store_run->deferred = false;
	return ends;
}
