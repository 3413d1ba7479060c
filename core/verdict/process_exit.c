#include "process_exit.h"

#include "evidence.h"
#include "judge.h"
#include "oom_kills.h"
#include "shm_map.h"
#include "symbols.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The finding shows the end of it; a complaint may come before, in front of a long backtrace. */
static void read_last_output(const struct process_exit *process_exit, uint64_t from, uint64_t to,
	struct judge_facts *facts, struct finding *finding)
{
	enum { SHOWN = 120 };
	char all[1024];
	runner_process_output(process_exit->runner, from, to, all, sizeof(all));
	size_t length = strlen(all);
	const char *shown = all + (length > SHOWN ? length - SHOWN : 0);
	const char *space = strchr(shown, ' ');
	/* Not from the middle of a word. */
	if (shown > all && shown[-1] != ' ' && space)
		shown = space + 1;
	snprintf(finding->output, sizeof(finding->output), "%s", shown);
	facts->wrote_output = length > 0;
	facts->complained = judge_is_heap_complaint(all);
}

static void read_failure(
	const struct failure *failure, struct judge_facts *facts, struct finding *finding)
{
	facts->failure = (enum failure_kind)atomic_load(&failure->kind);
	if (facts->failure == FAILURE_NONE)
		return;
	finding->failure = facts->failure;
	finding->block = failure->address;
	finding->block_size = failure->size;
	ascii_sanitize(
		finding->output, sizeof(finding->output), failure->text, sizeof(failure->text));
}

/* Not those of the runner, which stand for what the finding says in words. */
static int exit_status_to_tell(int status)
{
	int number = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	return number >= RUNNER_FAILED_CHECK && number <= RUNNER_BROKEN ? 0 : number;
}

/* What the watchdog found before it killed the process is the finding already. */
static enum verdict conclude(const struct process_exit *process_exit, bool parent, int status,
	struct judgement judgement, struct finding *finding)
{
	struct suspect suspect = {
		.shm = process_exit->runner->shm, .trial = process_exit->trial, .parent = parent};
	if (process_exit->stuck) {
		*finding = *process_exit->stuck;
	} else if (judgement.verdict != VERDICT_OK) {
		finding->verdict = judgement.verdict;
		finding->cause = judgement.cause;
		finding->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		finding->exit_status = exit_status_to_tell(status);
		if (judgement.cause == CAUSE_OVER_MEMORY)
			finding->memory_limit = process_exit->runner->memory.limit;
		evidence_from_shm(finding, &suspect);
	}
	return judgement.verdict;
}

static struct judge_facts init_facts(
	const struct process_exit *process_exit, int status, struct finding *finding)
{
	*finding = (struct finding){.latency_ms = -1};
	return (struct judge_facts){
		.wait_status = status,
		.hang = process_exit->stuck ? process_exit->stuck->verdict : VERDICT_OK,
	};
}

/* The counters of the kernel are read only where they can make a difference. */
static bool was_oom_killed(const struct process_exit *process_exit, int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !process_exit->stuck &&
	       oom_kills_since(&process_exit->runner->oom_kills);
}

void process_exit_add_crash(struct finding *finding, const struct shm *shm,
	const struct crash_note *crash, struct symbols *symbols)
{
	bool crashed = finding->cause == CAUSE_SIGNAL || finding->cause == CAUSE_RUNNER_DIED_EARLY;
	if (!crashed || !finding->in_parent || !atomic_load(&crash->noted) ||
		crash->signal != finding->signal)
		return;
	finding->crashed = evidence_role(shm, crash->tid);
	finding->pc = crash->pc;
	if (symbols)
		symbols_name(symbols, crash->pc, finding->waiter, sizeof(finding->waiter));
}

enum verdict process_exit_judge_child(
	const struct process_exit *process_exit, struct finding *finding)
{
	const struct trial *trial = process_exit->trial;
	struct judge_facts facts = init_facts(process_exit, trial->wait_status, finding);
	facts.checks = atomic_load(&trial->checks);
	facts.orphan = process_exit->orphan_pid != 0;
	facts.unfinished = atomic_load(&trial->child.step) != CHILD_STEP_EXIT;
	facts.over_memory =
		memory_watch_killed(&process_exit->runner->memory, atomic_load(&trial->child_pid));
	facts.oom_killed = was_oom_killed(process_exit, trial->wait_status);
	finding->orphan_pid = process_exit->orphan_pid;
	finding->more_orphans = process_exit->more_orphans;
	if ((trial->wait_status != 0 || facts.unfinished) && !process_exit->stuck)
		read_last_output(
			process_exit, trial->output_begin, trial->output_end, &facts, finding);
	read_failure(&trial->failure, &facts, finding);
	return conclude(process_exit, false, trial->wait_status, judge_child(&facts), finding);
}

/*
 * The call into the allocator in which the process ended, if any. In a sweep it is that of the
 * stepped thread if the forking thread has answered all requests: it sleeps then.
 */
static struct heap_call last_call(const struct process_exit *process_exit)
{
	const struct shm *shm = process_exit->runner->shm;
	const struct activity *activity = &process_exit->trial->parent;
	if (!atomic_load(&activity->inside) && shm->plan.mode == MODE_SWEEP &&
		atomic_load(&shm->sweep.answered) == atomic_load(&shm->sweep.request))
		activity = &shm->sweep.activity;
	uint32_t op = atomic_load(&activity->op);
	if (!atomic_load(&activity->inside) || op >= OP_COUNT)
		return (struct heap_call){.op = OP_NONE};
	return (struct heap_call){(enum heap_op)op, atomic_load(&activity->size)};
}

enum verdict process_exit_judge_parent(
	const struct process_exit *process_exit, int status, bool began, struct finding *finding)
{
	const struct trial *trial = process_exit->trial;
	struct judge_facts facts = init_facts(process_exit, status, finding);
	/* A trial of a sweep has its stretch from the beginning. */
	uint64_t until = trial->output_end ? trial->output_end : UINT64_MAX;
	facts.before_trials = !began;
	struct heap_call call = last_call(process_exit);
	facts.unfinished = call.op != OP_NONE;
	facts.over_memory = process_exit->twin
				    ? memory_watch_killed(&process_exit->runner->memory,
					      process_exit->twin)
				    : process_exit->runner->memory.runner_killed;
	facts.oom_killed = was_oom_killed(process_exit, status);
	facts.load =
		(enum scenario_load_state)atomic_load(&process_exit->runner->shm->scenario_load);
	read_last_output(process_exit, trial->output_begin, until, &facts, finding);
	read_failure(&process_exit->runner->shm->parent_failure, &facts, finding);
	if (facts.load == SCENARIO_REFUSED)
		ascii_sanitize(finding->output, sizeof(finding->output),
			process_exit->runner->shm->scenario_load_text, SHM_TEXT_MAX);
	struct judgement judgement = judge_parent(&facts);
	enum verdict verdict = conclude(process_exit, true, status, judgement, finding);
	if (judgement.cause == CAUSE_UNFINISHED)
		finding->call = call;
	return verdict;
}
