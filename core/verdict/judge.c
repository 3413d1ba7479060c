#include "judge.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

struct ruling {
	enum verdict verdict;
	const char *why;
};

static const struct ruling of_failure[FAILURE_COUNT] = {
	[FAILURE_NONE] = {VERDICT_BROKEN, "a check failed that nobody recorded"},
	[FAILURE_OVERWRITTEN] = {VERDICT_CORRUPTION, "a block did not hold its pattern any more"},
	[FAILURE_NOT_ZERO] = {VERDICT_CORRUPTION, "calloc gave memory that is not zero"},
	[FAILURE_MISALIGNED] = {VERDICT_CORRUPTION, "the address is not aligned as asked for"},
	[FAILURE_NO_MEMORY] = {VERDICT_REFUSED, "the allocator returned NULL"},
	[FAILURE_NO_THREAD] = {VERDICT_REFUSED, "a thread could not be started"},
	[FAILURE_COMPLAINT] = {VERDICT_CORRUPTION, "the allocator's own checker complained"},
	[FAILURE_ENGINE] = {VERDICT_BROKEN, "the runner itself failed"},
};

static struct ruling ruling_of_failure(enum failure_kind kind)
{
	return of_failure[(unsigned)kind < FAILURE_COUNT ? kind : FAILURE_NONE];
}

bool judge_is_complaint(const char *text)
{
	static const char *const words[] = {"corrupt", "double free", "invalid pointer",
		"invalid size", "invalid next size", "invalid old size", "mismatching next",
		"unaligned", "free list", "overlap"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static struct ruling killed(const struct judge_facts *facts)
{
	int signal = WTERMSIG(facts->wait_status);
	if (facts->failure == FAILURE_COMPLAINT)
		return of_failure[FAILURE_COMPLAINT];
	if (signal == SIGABRT && facts->complained)
		return (struct ruling){VERDICT_CORRUPTION, "the allocator found its heap corrupt"};
	if (signal == SIGABRT)
		return (struct ruling){VERDICT_CRASH, "the allocator aborted"};
	if (signal == SIGKILL)
		return (struct ruling){VERDICT_CRASH,
			"killed from outside (no memory left, or somebody's kill -9)"};
	return (struct ruling){VERDICT_CRASH, "killed by a signal"};
}

static struct ruling exited(const struct judge_facts *facts)
{
	int status = WEXITSTATUS(facts->wait_status);
	if (status == RUNNER_FAILED_CHECK)
		return ruling_of_failure(facts->failure);
	if (status == RUNNER_CANNOT || status == RUNNER_NO_PAGE)
		return (struct ruling){VERDICT_BROKEN, "the runner itself failed"};
	if (facts->spoke)
		return (struct ruling){VERDICT_REFUSED, "it ended itself with a message"};
	return (struct ruling){VERDICT_CRASH, "it ended itself without a word"};
}

static struct ruling child(const struct judge_facts *facts)
{
	if (facts->hang != VERDICT_OK)
		return (struct ruling){facts->hang, "it was stuck"};
	if (WIFSIGNALED(facts->wait_status))
		return killed(facts);
	if (!WIFEXITED(facts->wait_status))
		return (struct ruling){VERDICT_BROKEN, "nobody knows how it ended"};
	if (WEXITSTATUS(facts->wait_status) != RUNNER_OK)
		return exited(facts);
	if (facts->failure != FAILURE_NONE)
		return ruling_of_failure(facts->failure);
	if (facts->stray)
		return (struct ruling){VERDICT_UNKNOWN, "it left a process behind"};
	if (facts->checks == 0)
		return (struct ruling){VERDICT_BROKEN, "no check ran"};
	if (facts->unfinished)
		return (struct ruling){VERDICT_CRASH, "it ended itself in the middle of its work"};
	return (struct ruling){VERDICT_OK, "it did all its work"};
}

static struct ruling parent(const struct judge_facts *facts)
{
	if (facts->hang != VERDICT_OK)
		return (struct ruling){facts->hang, "the parent was stuck"};
	/* Unless the allocator itself found its heap corrupt, nobody knows whose fault it is. */
	if (facts->before_trials && facts->failure == FAILURE_NONE && !facts->complained)
		return (struct ruling){VERDICT_BROKEN, "the runner died before its first trial"};
	if (WIFSIGNALED(facts->wait_status))
		return killed(facts);
	if (!WIFEXITED(facts->wait_status))
		return (struct ruling){VERDICT_BROKEN, "nobody knows how the runner ended"};
	if (WEXITSTATUS(facts->wait_status) == RUNNER_OK)
		return (struct ruling){VERDICT_BROKEN, "the runner ended before its trials did"};
	return exited(facts);
}

enum verdict judge_child(const struct judge_facts *facts, const char **why)
{
	struct ruling ruling = child(facts);
	*why = ruling.why;
	return ruling.verdict;
}

enum verdict judge_parent(const struct judge_facts *facts, const char **why)
{
	struct ruling ruling = parent(facts);
	*why = ruling.why;
	return ruling.verdict;
}
