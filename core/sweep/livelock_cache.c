#include "livelock_cache.h"

#include "deadlock.h"
#include "proc.h"

void precedents_add(struct precedents *precedents, const struct finding *finding)
{
	bool timed =
		finding->verdict == VERDICT_LIVELOCK || finding->verdict == VERDICT_PARENT_DEADLOCK;
	precedents->livelocks += finding->verdict == VERDICT_LIVELOCK;
	if (!timed || !finding->futex || !finding->pc || precedents->count == PRECEDENTS_MAX)
		return;
	for (unsigned i = 0; i < precedents->count; i++)
		if (precedents->known[i].pc == finding->pc &&
			precedents->known[i].futex == finding->futex &&
			precedents->known[i].value == finding->futex_value)
			return;
	precedents->known[precedents->count++] = (struct precedent){
		.pc = finding->pc,
		.futex = finding->futex,
		.value = finding->futex_value,
		.finding = *finding,
	};
}

static const struct precedent *find(const struct precedents *precedents,
	const struct proc_task *task, const struct wait *wait, uint32_t word)
{
	for (unsigned i = 0; i < precedents->count; i++) {
		const struct precedent *known = &precedents->known[i];
		if (known->pc == task->pc && known->futex == wait->futex && known->value == word)
			return known;
	}
	return NULL;
}

bool precedents_apply(
	const struct precedents *precedents, const struct suspect *suspect, struct finding *finding)
{
	struct proc_task task;
	uint32_t word;
	if (precedents->count == 0 || proc_task(suspect->pid, suspect->pid, &task) != 0)
		return false;
	struct wait wait = hang_wait(&task);
	if (wait.kind != WAIT_FUTEX_TIMED ||
		proc_memory(suspect->pid, wait.futex, &word, sizeof word) != (ssize_t)sizeof word)
		return false;
	const struct precedent *known = find(precedents, &task, &wait, word);
	if (!known || (known->finding.verdict == VERDICT_PARENT_DEADLOCK) != suspect->parent)
		return false;
	*finding = known->finding;
	finding->sp = task.sp;
	finding->latency_ms = -1;
	evidence_reason(finding, "it waits as the child of point %u did, whose loop was examined",
		known->finding.trial);
	return true;
}
