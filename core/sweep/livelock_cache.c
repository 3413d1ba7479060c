#include "livelock_cache.h"

#include "deadlock.h"
#include "proc.h"
#include "proc_mem.h"

void livelock_cache_add(struct livelock_cache *livelock_cache, const struct finding *finding)
{
	bool timed =
		finding->verdict == VERDICT_LIVELOCK || finding->verdict == VERDICT_PARENT_DEADLOCK;
	livelock_cache->livelocks += finding->verdict == VERDICT_LIVELOCK;
	if (!timed || !finding->futex || !finding->pc ||
		livelock_cache->count == LIVELOCK_CACHE_MAX)
		return;
	for (unsigned i = 0; i < livelock_cache->count; i++)
		if (livelock_cache->entry[i].pc == finding->pc &&
			livelock_cache->entry[i].futex == finding->futex &&
			livelock_cache->entry[i].value == finding->futex_value)
			return;
	livelock_cache->entry[livelock_cache->count++] = (struct livelock_cache_entry){
		.pc = finding->pc,
		.futex = finding->futex,
		.value = finding->futex_value,
		.finding = *finding,
	};
}

static const struct livelock_cache_entry *find(const struct livelock_cache *livelock_cache,
	const struct proc_task *task, const struct task_wait *wait, uint32_t word)
{
	for (unsigned i = 0; i < livelock_cache->count; i++) {
		const struct livelock_cache_entry *entry = &livelock_cache->entry[i];
		if (entry->pc == task->pc && entry->futex == wait->futex && entry->value == word)
			return entry;
	}
	return NULL;
}

bool livelock_cache_lookup(const struct livelock_cache *livelock_cache,
	const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	uint32_t word;
	if (livelock_cache->count == 0 || proc_task(suspect->pid, suspect->pid, &task) != 0)
		return false;
	struct task_wait wait = task_wait(&task);
	if (wait.kind != WAIT_FUTEX_TIMED || proc_mem_read(suspect->pid, wait.futex, &word,
						     sizeof(word)) != (ssize_t)sizeof(word))
		return false;
	const struct livelock_cache_entry *entry = find(livelock_cache, &task, &wait, word);
	if (!entry || (entry->finding.verdict == VERDICT_PARENT_DEADLOCK) != suspect->parent)
		return false;
	*finding = entry->finding;
	finding->sp = task.sp;
	finding->latency_ms = -1;
	evidence_reason(finding, REASON_SAME_AS_POINT, entry->finding.trial, 0);
	return true;
}
