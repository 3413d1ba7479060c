#include "stuck_cache.h"

#include "proc_mem.h"

/* An unexplained wait may also be a short one, so it must have lasted. */
static const uint64_t unknown_quiet_ns = UINT64_C(100) * 1000 * 1000;

static bool is_same(const struct finding *a, const struct finding *b)
{
	return a->pc == b->pc && a->futex == b->futex && a->futex_value == b->futex_value &&
	       a->verdict == b->verdict && a->wait.syscall == b->wait.syscall &&
	       a->wait.fd == b->wait.fd && a->code_low == b->code_low &&
	       (a->verdict != VERDICT_UNKNOWN || a->sp == b->sp);
}

static bool is_worth_it(const struct finding *finding)
{
	switch (finding->verdict) {
	case VERDICT_LIVELOCK:
	case VERDICT_PARENT_DEADLOCK:
		return finding->futex && finding->pc;
	case VERDICT_DEADLOCK:
		return finding->wait.kind == WAIT_DESCRIPTOR;
	case VERDICT_UNKNOWN:
		return finding->wait.kind != WAIT_NONE && finding->pc;
	default:
		return false;
	}
}

void stuck_cache_add(struct stuck_cache *cache, const struct finding *finding)
{
	cache->livelocks += finding->verdict == VERDICT_LIVELOCK;
	if (!is_worth_it(finding) || cache->count == STUCK_CACHE_MAX)
		return;
	for (unsigned i = 0; i < cache->count; i++)
		if (is_same(&cache->finding[i], finding))
			return;
	cache->finding[cache->count++] = *finding;
}

static bool has_value(const struct suspect *suspect, const struct finding *earlier)
{
	uint32_t word;
	return proc_mem_read(suspect->pid, earlier->futex, &word, sizeof(word)) ==
		       (ssize_t)sizeof(word) &&
	       word == earlier->futex_value;
}

static bool is_in_same_wait(const struct suspect *suspect, const struct proc_task *task,
	uint64_t quiet_ns, const struct finding *earlier)
{
	struct task_wait wait = task_wait(task);
	if (earlier->pc != task->pc || earlier->in_parent != suspect->parent ||
		earlier->verdict == VERDICT_DEADLOCK)
		return false;
	if (earlier->verdict == VERDICT_UNKNOWN)
		return quiet_ns >= unknown_quiet_ns && task->in_syscall &&
		       wait.kind == earlier->wait.kind && task->syscall == earlier->wait.syscall &&
		       task->sp == earlier->sp && wait.fd == earlier->wait.fd &&
		       wait.futex == earlier->futex;
	bool sleeps = wait.kind == WAIT_SLEEP && earlier->wait.kind == WAIT_SLEEP;
	bool waits = wait.kind == WAIT_FUTEX_TIMED && wait.futex == earlier->futex;
	return (sleeps || waits) && has_value(suspect, earlier);
}

bool stuck_cache_lookup(const struct stuck_cache *cache, const struct suspect *suspect,
	uint64_t quiet_ns, struct finding *finding)
{
	struct proc_task task;
	if (cache->count == 0 || proc_task(suspect->pid, suspect->pid, &task) != 0)
		return false;
	for (unsigned i = 0; i < cache->count; i++) {
		if (!is_in_same_wait(suspect, &task, quiet_ns, &cache->finding[i]))
			continue;
		stuck_cache_share(finding, &cache->finding[i]);
		finding->sp = task.sp;
		return true;
	}
	return false;
}

const struct finding *stuck_cache_known_wait(
	const struct stuck_cache *cache, const struct suspect *suspect)
{
	struct proc_task task;
	if (cache->count == 0 || proc_task(suspect->pid, suspect->pid, &task) != 0)
		return NULL;
	struct task_wait wait = task_wait(&task);
	for (unsigned i = 0; i < cache->count; i++) {
		const struct finding *earlier = &cache->finding[i];
		if (earlier->verdict == VERDICT_DEADLOCK && wait.kind == earlier->wait.kind &&
			earlier->pc == task.pc && earlier->wait.syscall == task.syscall &&
			earlier->wait.fd == wait.fd)
			return earlier;
	}
	return NULL;
}

unsigned stuck_cache_loops(
	const struct stuck_cache *cache, const struct finding *loops[STUCK_CACHE_MAX])
{
	unsigned count = 0;
	for (unsigned i = 0; i < cache->count; i++)
		if (cache->finding[i].code_high)
			loops[count++] = &cache->finding[i];
	return count;
}

void stuck_cache_share(struct finding *finding, const struct finding *earlier)
{
	*finding = *earlier;
	finding->latency_ms = -1;
	stuck_cache_refer(finding, earlier);
}

void stuck_cache_refer(struct finding *finding, const struct finding *earlier)
{
	evidence_reason(finding, REASON_SAME_AS_POINT, earlier->trial, 0);
}
