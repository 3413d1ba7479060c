#include "process_exit.h"

#include "evidence.h"
#include "judge.h"
#include "shm_map.h"

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

/* What the watchdog found before it killed the process is the finding already. */
static void fill_finding(const struct process_exit *process_exit, bool parent, int status,
	enum verdict verdict, struct finding *finding)
{
	struct suspect suspect = {
		.shm = process_exit->runner->shm, .trial = process_exit->trial, .parent = parent};
	finding->verdict = verdict;
	evidence_from_shm(finding, &suspect);
	finding->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static struct judge_facts init_facts(
	const struct process_exit *process_exit, int status, struct finding *finding)
{
	*finding = process_exit->stuck ? *process_exit->stuck : (struct finding){.latency_ms = -1};
	return (struct judge_facts){
		.wait_status = status,
		.hang = process_exit->stuck ? process_exit->stuck->verdict : VERDICT_OK,
	};
}

enum verdict process_exit_judge_child(
	const struct process_exit *process_exit, struct finding *finding)
{
	const struct trial *trial = process_exit->trial;
	int status = trial->wait_status;
	struct judge_facts facts = init_facts(process_exit, status, finding);
	struct finding ended = *finding;
	facts.checks = atomic_load(&trial->checks);
	facts.orphan = process_exit->orphan_pid != 0;
	facts.unfinished = atomic_load(&trial->child.step) != CHILD_STEP_EXIT;
	if (status != 0 && !process_exit->stuck)
		read_last_output(
			process_exit, trial->output_begin, trial->output_end, &facts, &ended);
	ended.orphan_pid = process_exit->orphan_pid;
	ended.more_orphans = process_exit->more_orphans;
	read_failure(&trial->failure, &facts, &ended);
	enum verdict verdict = judge_child(&facts, &ended.cause);
	if (process_exit->stuck || verdict == VERDICT_OK)
		return verdict;
	*finding = ended;
	fill_finding(process_exit, false, status, verdict, finding);
	return verdict;
}

enum verdict process_exit_judge_parent(
	const struct process_exit *process_exit, int status, bool began, struct finding *finding)
{
	const struct shm *shm = process_exit->runner->shm;
	struct judge_facts facts = init_facts(process_exit, status, finding);
	struct finding ended = *finding;
	/* A trial of a sweep has its stretch from the beginning. */
	uint64_t until = process_exit->trial->output_end;
	facts.before_trials = !began;
	until = until ? until : UINT64_MAX;
	read_last_output(process_exit, process_exit->trial->output_begin, until, &facts, &ended);
	read_failure(&shm->parent_failure, &facts, &ended);
	enum verdict verdict = judge_parent(&facts, &ended.cause);
	if (process_exit->stuck)
		return verdict;
	*finding = ended;
	fill_finding(process_exit, true, status, verdict, finding);
	return verdict;
}
