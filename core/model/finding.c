#include "finding.h"

#include <string.h>

static bool same_call(const struct heap_call *a, const struct heap_call *b)
{
	return a->op == b->op && a->size == b->size;
}

static bool same_worker_calls(const struct finding *a, const struct finding *b)
{
	bool same = a->calls == b->calls;
	for (unsigned i = 0; same && i < a->calls; i++)
		same = a->worker_call[i].worker == b->worker_call[i].worker &&
		       same_call(&a->worker_call[i].call, &b->worker_call[i].call);
	return same;
}

static bool same_lock(const struct finding *a, const struct finding *b)
{
	return a->futex == b->futex && a->futex_value == b->futex_value &&
	       a->lock_origin == b->lock_origin && a->by_allocator == b->by_allocator &&
	       a->owner.kind == b->owner.kind && a->owner.worker == b->owner.worker &&
	       strcmp(a->lock, b->lock) == 0;
}

bool finding_is_foreign(const struct finding *finding)
{
	return lock_origin_is_foreign(finding->lock_origin) && !finding->by_allocator;
}

bool finding_same(const struct finding *a, const struct finding *b)
{
	return a->verdict == b->verdict && a->certainty == b->certainty && a->cause == b->cause &&
	       a->in_parent == b->in_parent && a->step == b->step &&
	       strcmp(a->step_name, b->step_name) == 0 && a->error == b->error &&
	       a->failure == b->failure && a->block == b->block && a->blocks == b->blocks &&
	       a->orphan_pid == b->orphan_pid && same_call(&a->call, &b->call) && same_lock(a, b) &&
	       same_worker_calls(a, b) && strcmp(a->output, b->output) == 0;
}

bool finding_has_obstacle(const struct finding *finding, enum deadlock_obstacle obstacle)
{
	for (unsigned i = 0; i < finding->reasons && i < MODEL_REASONS_MAX; i++)
		if (finding->reason[i].kind == REASON_OBSTACLE &&
			finding->reason[i].number[0] == obstacle)
			return true;
	return false;
}
