#include "judge.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

static const enum verdict failure_verdicts[FAILURE_COUNT] = {
	[FAILURE_NONE] = VERDICT_BROKEN, /* a check failed without a record of it */
	[FAILURE_OVERWRITTEN] = VERDICT_CORRUPTION,
	[FAILURE_NOT_ZERO] = VERDICT_CORRUPTION,
	[FAILURE_MISALIGNED] = VERDICT_CORRUPTION,
	[FAILURE_NO_MEMORY] = VERDICT_REFUSED,
	[FAILURE_NO_THREAD] = VERDICT_REFUSED,
	[FAILURE_COMPLAINT] = VERDICT_CORRUPTION,
	[FAILURE_CHECK] = VERDICT_CORRUPTION,
	[FAILURE_ENGINE] = VERDICT_BROKEN,
};

static struct judgement failed_check(enum failure_kind kind)
{
	bool known = (unsigned)kind < FAILURE_COUNT;
	return (struct judgement){
		failure_verdicts[known ? kind : FAILURE_NONE], CAUSE_FAILED_CHECK};
}

bool judge_is_heap_complaint(const char *text)
{
	static const char *const words[] = {"corrupt", "double free", "invalid pointer",
		"invalid size", "invalid next size", "invalid old size", "mismatching next",
		"unaligned", "free list", "overlap"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static struct judgement killed(const struct judge_facts *facts)
{
	int signal = WTERMSIG(facts->wait_status);
	if (facts->failure == FAILURE_COMPLAINT)
		return failed_check(facts->failure);
	if (signal == SIGABRT && facts->complained)
		return (struct judgement){VERDICT_CORRUPTION, CAUSE_HEAP_CORRUPT};
	if (signal == SIGABRT)
		return (struct judgement){VERDICT_CRASH, CAUSE_ABORTED};
	if (signal == SIGKILL && facts->oom_killed)
		return (struct judgement){VERDICT_CRASH, CAUSE_OOM_KILLED};
	/* Limits of the shell that started forklab: ulimit -t, ulimit -f. */
	if (signal == SIGXCPU || signal == SIGXFSZ)
		return (struct judgement){VERDICT_BROKEN, CAUSE_LIMIT_SIGNAL};
	/* It says nothing about the process: anyone with the right to can have sent it. */
	if (signal == SIGKILL)
		return (struct judgement){VERDICT_BROKEN, CAUSE_KILLED};
	return (struct judgement){VERDICT_CRASH, CAUSE_SIGNAL};
}

static struct judgement exited(const struct judge_facts *facts)
{
	int status = WEXITSTATUS(facts->wait_status);
	if (status == RUNNER_FAILED_CHECK)
		return failed_check(facts->failure);
	if (status == RUNNER_BROKEN || status == RUNNER_NO_SHM)
		return (struct judgement){VERDICT_BROKEN, CAUSE_RUNNER_FAILED};
	if (facts->wrote_output)
		return (struct judgement){VERDICT_REFUSED, CAUSE_EXIT_MESSAGE};
	return (struct judgement){VERDICT_CRASH, CAUSE_EXIT_SILENT};
}

/* With exit status 0, but in the middle of its work: the engine never does that. */
static struct judgement ended_unfinished(const struct judge_facts *facts)
{
	if (facts->wrote_output)
		return (struct judgement){VERDICT_REFUSED, CAUSE_EXIT_MESSAGE};
	return (struct judgement){VERDICT_CRASH, CAUSE_UNFINISHED};
}

/* A process that forklab killed for its size may have ended by itself in the last moment. */
static bool is_over_memory(const struct judge_facts *facts)
{
	return facts->over_memory && WIFSIGNALED(facts->wait_status) &&
	       WTERMSIG(facts->wait_status) == SIGKILL;
}

struct judgement judge_child(const struct judge_facts *facts)
{
	if (facts->hang != VERDICT_OK)
		return (struct judgement){facts->hang, CAUSE_STUCK};
	if (is_over_memory(facts))
		return (struct judgement){VERDICT_BROKEN, CAUSE_OVER_MEMORY};
	if (WIFSIGNALED(facts->wait_status))
		return killed(facts);
	if (!WIFEXITED(facts->wait_status))
		return (struct judgement){VERDICT_BROKEN, CAUSE_UNKNOWN_END};
	if (WEXITSTATUS(facts->wait_status) != RUNNER_OK)
		return exited(facts);
	if (facts->failure != FAILURE_NONE)
		return failed_check(facts->failure);
	if (facts->orphan)
		return (struct judgement){VERDICT_UNKNOWN, CAUSE_ORPHAN};
	if (facts->unfinished)
		return ended_unfinished(facts);
	if (facts->checks == 0)
		return (struct judgement){VERDICT_BROKEN, CAUSE_NO_CHECK};
	return (struct judgement){VERDICT_OK, CAUSE_NONE};
}

struct judgement judge_parent(const struct judge_facts *facts)
{
	if (facts->hang != VERDICT_OK)
		return (struct judgement){facts->hang, CAUSE_STUCK};
	if (is_over_memory(facts))
		return (struct judgement){VERDICT_BROKEN, CAUSE_OVER_MEMORY};
	if (facts->load == SCENARIO_LOADING)
		return (struct judgement){VERDICT_BROKEN, WIFSIGNALED(facts->wait_status)
								  ? CAUSE_SCENARIO_CRASHED
								  : CAUSE_SCENARIO_EXITED};
	if (facts->load == SCENARIO_REFUSED)
		return (struct judgement){VERDICT_BROKEN, CAUSE_SCENARIO_REFUSED};
	/* The allocator is blamed for an early death only if it found its own heap corrupt. */
	if (facts->before_trials && facts->failure == FAILURE_NONE && !facts->complained)
		return (struct judgement){VERDICT_BROKEN, CAUSE_RUNNER_DIED_EARLY};
	if (WIFSIGNALED(facts->wait_status))
		return killed(facts);
	if (!WIFEXITED(facts->wait_status))
		return (struct judgement){VERDICT_BROKEN, CAUSE_UNKNOWN_END};
	if (WEXITSTATUS(facts->wait_status) == RUNNER_OK && facts->unfinished)
		return ended_unfinished(facts);
	if (WEXITSTATUS(facts->wait_status) == RUNNER_OK)
		return (struct judgement){VERDICT_BROKEN, CAUSE_RUNNER_ENDED_EARLY};
	return exited(facts);
}
