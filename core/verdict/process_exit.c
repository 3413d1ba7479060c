#include "process_exit.h"

#include "evidence.h"
#include "judge.h"
#include "shm_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* The end of it is for the finding; a complaint may stand before it, in front of a long backtrace.
 */
static void learn_last_words(const struct ended *ended, uint64_t from, uint64_t to,
	struct judge_facts *facts, char *words, size_t size)
{
	enum { SHOWN = 120 };
	char all[1024];
	spawn_output(ended->runner, from, to, all, sizeof all);
	size_t length = strlen(all);
	const char *shown = all + (length > SHOWN ? length - SHOWN : 0);
	const char *space = strchr(shown, ' ');
	/* Not from the middle of a word. */
	if (shown > all && shown[-1] != ' ' && space)
		shown = space + 1;
	snprintf(words, size, "%s", shown);
	facts->spoke = length > 0;
	facts->complained = judge_is_complaint(all);
}

static void learn_failure(
	const struct failure *failure, struct judge_facts *facts, char *words, size_t size)
{
	facts->failure = (enum failure_kind)atomic_load(&failure->kind);
	if (facts->failure == FAILURE_NONE)
		return;
	if (failure->text[0])
		pages_text(words, size, failure->text, sizeof failure->text);
	else
		snprintf(words, size, "%s: block 0x%" PRIx64 " of %" PRIu64 " bytes",
			pages_failure_name(facts->failure), failure->address, failure->size);
}

/* What the watch found before it killed the process is the finding already. */
static void describe(const struct ended *ended, bool parent, int status, enum verdict verdict,
	const char *why, const char *words, struct finding *finding)
{
	struct suspect suspect = {
		.page = ended->runner->page, .trial = ended->trial, .parent = parent};
	if (ended->stuck || verdict == VERDICT_OK)
		return;
	finding->verdict = verdict;
	evidence_from_page(finding, &suspect);
	finding->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	evidence_sentence(finding, &suspect, why, words);
}

static struct judge_facts begin(const struct ended *ended, int status, struct finding *finding)
{
	*finding = ended->stuck ? *ended->stuck : (struct finding){.latency_ms = -1};
	return (struct judge_facts){
		.wait_status = status,
		.hang = ended->stuck ? ended->stuck->verdict : VERDICT_OK,
	};
}

enum verdict ended_child(const struct ended *ended, struct finding *finding)
{
	const struct trial *trial = ended->trial;
	int status = trial->wait_status;
	char words[PAGE_TEXT_MAX] = "";
	const char *why;
	struct judge_facts facts = begin(ended, status, finding);
	facts.checks = atomic_load(&trial->checks);
	facts.stray = ended->stray != NULL;
	facts.unfinished = atomic_load(&trial->child.step) != STEP_EXIT;
	if (!ended->stuck && status != 0)
		learn_last_words(
			ended, trial->output_begin, trial->output_end, &facts, words, sizeof words);
	else if (!ended->stuck && ended->stray)
		snprintf(words, sizeof words, "%s", ended->stray);
	learn_failure(&trial->failure, &facts, words, sizeof words);
	enum verdict verdict = judge_child(&facts, &why);
	describe(ended, false, status, verdict, why, words, finding);
	return verdict;
}

enum verdict ended_parent(
	const struct ended *ended, int status, bool began, struct finding *finding)
{
	const struct page *page = ended->runner->page;
	char words[PAGE_TEXT_MAX] = "";
	const char *why;
	struct judge_facts facts = begin(ended, status, finding);
	/* A trial of a sweep has its stretch from the beginning. */
	uint64_t until = ended->trial->output_end;
	facts.before_trials = !began;
	until = until ? until : UINT64_MAX;
	learn_last_words(ended, ended->trial->output_begin, until, &facts, words, sizeof words);
	learn_failure(&page->parent_failure, &facts, words, sizeof words);
	enum verdict verdict = judge_parent(&facts, &why);
	describe(ended, true, status, verdict, why, words, finding);
	return verdict;
}
