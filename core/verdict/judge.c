#include "judge.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

struct judgement {
	enum verdict verdict;
	const char *why;
};

static const struct judgement failure_judgements[FAILURE_COUNT] = {
	[FAILURE_NONE] = {VERDICT_BROKEN, "a check failed that nobody recorded"},
	[FAILURE_OVERWRITTEN] = {VERDICT_CORRUPTION, "a block did not hold its pattern any more"},
	[FAILURE_NOT_ZERO] = {VERDICT_CORRUPTION, "calloc gave memory that is not zero"},
	[FAILURE_MISALIGNED] = {VERDICT_CORRUPTION, "the address is not aligned as asked for"},
	[FAILURE_NO_MEMORY] = {VERDICT_REFUSED, "the allocator returned NULL"},
	[FAILURE_NO_THREAD] = {VERDICT_REFUSED, "a thread could not be started"},
	[FAILURE_COMPLAINT] = {VERDICT_CORRUPTION, "the allocator's own checker complained"},
	[FAILURE_ENGINE] = {VERDICT_BROKEN, "the runner itself failed"},
};

static struct judgement judgement_of_failure(enum failure_kind kind)
{
	return failure_judgements[(unsigned)kind < FAILURE_COUNT ? kind : FAILURE_NONE];
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
		return failure_judgements[FAILURE_COMPLAINT];
	if (signal == SIGABRT && facts->complained)
		return (struct judgement){
			VERDICT_CORRUPTION, "the allocator found its heap corrupt"};
	if (signal == SIGABRT)
		return (struct judgement){VERDICT_CRASH, "the allocator aborted"};
	if (signal == SIGKILL)
		return (struct judgement){VERDICT_CRASH,
			"killed from outside (no memory left, or somebody's kill -9)"};
	return (struct judgement){VERDICT_CRASH, "killed by a signal"};
}

static struct judgement exited(const struct judge_facts *facts)
{
	int status = WEXITSTATUS(facts->wait_status);
	if (status == RUNNER_FAILED_CHECK)
		return judgement_of_failure(facts->failure);
	if (status == RUNNER_BROKEN || status == RUNNER_NO_SHM)
		return (struct judgement){VERDICT_BROKEN, "the runner itself failed"};
	if (facts->wrote_output)
		return (struct judgement){VERDICT_REFUSED, "it ended itself with a message"};
	return (struct judgement){VERDICT_CRASH, "it ended itself without a word"};
}

static struct judgement child(const struct judge_facts *facts)
{
	if (facts->hang != VERDICT_OK)
		return (struct judgement){facts->hang, "it was stuck"};
	if (WIFSIGNALED(facts->wait_status))
		return killed(facts);
	if (!WIFEXITED(facts->wait_status))
		return (struct judgement){VERDICT_BROKEN, "nobody knows how it ended"};
	if (WEXITSTATUS(facts->wait_status) != RUNNER_OK)
		return exited(facts);
	if (facts->failure != FAILURE_NONE)
		return judgement_of_failure(facts->failure);
	if (facts->orphan)
		return (struct judgement){VERDICT_UNKNOWN, "it left a process behind"};
	if (facts->checks == 0)
		return (struct judgement){VERDICT_BROKEN, "no check ran"};
	if (facts->unfinished)
		return (struct judgement){
			VERDICT_CRASH, "it ended itself in the middle of its work"};
	return (struct judgement){VERDICT_OK, "it did all its work"};
}

static struct judgement parent(const struct judge_facts *facts)
{
	if (facts->hang != VERDICT_OK)
		return (struct judgement){facts->hang, "the parent was stuck"};
	/* Unless the allocator itself found its heap corrupt, nobody knows whose fault it is. */
	if (facts->before_trials && facts->failure == FAILURE_NONE && !facts->complained)
		return (struct judgement){VERDICT_BROKEN, "the runner died before its first trial"};
	if (WIFSIGNALED(facts->wait_status))
		return killed(facts);
	if (!WIFEXITED(facts->wait_status))
		return (struct judgement){VERDICT_BROKEN, "nobody knows how the runner ended"};
	if (WEXITSTATUS(facts->wait_status) == RUNNER_OK)
		return (struct judgement){VERDICT_BROKEN, "the runner ended before its trials did"};
	return exited(facts);
}

enum verdict judge_child(const struct judge_facts *facts, const char **why)
{
	struct judgement judgement = child(facts);
	*why = judgement.why;
	return judgement.verdict;
}

enum verdict judge_parent(const struct judge_facts *facts, const char **why)
{
	struct judgement judgement = parent(facts);
	*why = judgement.why;
	return judgement.verdict;
}
