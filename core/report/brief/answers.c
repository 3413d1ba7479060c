#include "answers.h"

#include "consequence.h"
#include "format.h"
#include "plural.h"
#include "report_query.h"
#include "result.h"
#include "strbuf.h"
#include "tally.h"

#include <errno.h>
#include <stdlib.h>

static const struct cell *cell_of(const struct result *result)
{
	return result->stress ? result->stress : result->sweep;
}

static enum fork_method main_method(const struct report *report)
{
	for (size_t i = 0; i < report->cells; i++)
		if (report->cell[i].method == METHOD_FORK)
			return METHOD_FORK;
	return report->cells ? report->cell[0].method : METHOD_FORK;
}

static bool is_judged(const struct result *result)
{
	return (result->stress && result_cell_judged(result->stress)) ||
	       (result->sweep && result_cell_judged(result->sweep));
}

static bool is_bad(const struct result *result)
{
	return (result->stress && query_blames_allocator(result->stress)) ||
	       (result->sweep && query_blames_allocator(result->sweep));
}

static bool is_incomplete(const struct result *result)
{
	return is_judged(result) && !(result->sweep && result_sweep_complete(result->sweep));
}

/* The worst cell under any method but the main one. */
static const struct cell *worst_elsewhere(
	const struct report *report, const struct answers *answers, const char *subject)
{
	const struct cell *worst = NULL;
	for (int method = 0; method < METHOD_COUNT && !worst; method++)
		if ((enum fork_method)method != answers->method)
			worst = query_worst_cell(report, subject, (enum fork_method)method);
	return worst;
}

static void count_scenarios(
	struct subject_answer *answer, const struct answers *answers, const struct report *report)
{
	answer->complete = answer->main_complete = true;
	for (size_t i = 0; i < report->results.count; i++) {
		const struct result *result = &report->results.result[i];
		if (strcmp(model_subject(cell_of(result)), answer->subject) != 0)
			continue;
		bool main = cell_of(result)->method == answers->method;
		answer->foreign |= result_has_foreign(result);
		if (is_incomplete(result) && !is_bad(result)) {
			answer->complete = false;
			answer->main_complete &= !main;
		}
		if (!main || !is_judged(result))
			continue;
		answer->scenarios++;
		answer->bad_scenarios += is_bad(result);
	}
}

static bool has_handlers(const struct report *report, const char *subject)
{
	for (size_t i = 0; i < report->cells; i++) {
		enum audit_kind kind = report->cell[i].atfork.kind;
		if (strcmp(model_subject(&report->cell[i]), subject) == 0 &&
			(kind == AUDIT_NONE || kind == AUDIT_EMPTY))
			return false;
	}
	return true;
}

static enum answer_kind kind_of(const struct subject_answer *answer)
{
	if (answer->scenarios == 0)
		return ANSWER_UNDECIDED;
	if (answer->bad_scenarios > 0)
		return 2 * answer->bad_scenarios > answer->scenarios ? ANSWER_BAD : ANSWER_PARTLY;
	return answer->elsewhere ? ANSWER_HANDLERS : ANSWER_CLEAN;
}

static void judge(
	struct subject_answer *answer, const struct answers *answers, const struct report *report)
{
	const struct cell *elsewhere = worst_elsewhere(report, answers, answer->subject);
	answer->elsewhere = elsewhere != NULL;
	count_scenarios(answer, answers, report);
	/* In sweeps that are cut, luck can make the same difference. */
	answer->by_handlers = elsewhere && has_handlers(report, answer->subject);
	answer->kind = kind_of(answer);
	answer->bad = query_worst_cell(report, answer->subject, answers->method);
	if (answer->kind == ANSWER_HANDLERS)
		answer->bad = elsewhere;
}

static int severity(const struct subject_answer *answer)
{
	return answer->bad ? verdict_severity(tally_held_verdict(answer->bad)) : 0;
}

/* Where two are alike, the order of the plan decides: qsort() is not stable. */
static int by_weight(const void *left, const void *right)
{
	const struct subject_answer *a = left, *b = right;
	if (a->secondary != b->secondary)
		return a->secondary ? 1 : -1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (severity(a) != severity(b))
		return severity(a) > severity(b) ? -1 : 1;
	return strcmp(a->subject, b->subject);
}

static bool is_known(const struct answers *answers, const char *subject)
{
	for (size_t i = 0; i < answers->count; i++)
		if (strcmp(answers->answer[i].subject, subject) == 0)
			return true;
	return false;
}

int answers_collect(struct answers *answers, const struct report *report)
{
	*answers = (struct answers){
		.method = main_method(report),
		.answer = calloc(report->cells + 1, sizeof(struct subject_answer)),
	};
	if (!answers->answer)
		return -ENOMEM;
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (is_known(answers, model_subject(cell)))
			continue;
		struct subject_answer *answer = &answers->answer[answers->count++];
		*answer = (struct subject_answer){
			.subject = model_subject(cell), .secondary = cell->secondary};
		judge(answer, answers, report);
	}
	qsort(answers->answer, answers->count, sizeof(struct subject_answer), by_weight);
	return 0;
}

void answers_free(struct answers *answers)
{
	free(answers->answer);
	*answers = (struct answers){0};
}

/* ---- In words ---- */

/* "signal", "signal and 2 more" */
static void add_where(struct strbuf *line, const struct subject_answer *answer)
{
	strbuf_addf(line, "%s", answer->bad->scenario);
	if (answer->bad_scenarios > 1)
		strbuf_addf(line, " and %u more", answer->bad_scenarios - 1);
}

/* "in signal no: the processes can crash; 5 others ok, by its handlers" */
static void add_partly(struct strbuf *line, const struct subject_answer *answer)
{
	unsigned others = answer->scenarios - answer->bad_scenarios;
	strbuf_addf(line, "in ");
	add_where(line, answer);
	strbuf_addf(line, " no: the %s; %u other%s %s%s", consequence(answer->bad), others,
		plural(others), answer->main_complete ? "ok" : "(ok)",
		answer->by_handlers ? ", by its handlers" : "");
}

void answer_text(char *out, size_t size, const struct subject_answer *answer)
{
	struct strbuf line = strbuf_init(out, size);
	switch (answer->kind) {
	case ANSWER_BAD:
		strbuf_addf(&line, "no: the %s (", consequence(answer->bad));
		add_where(&line, answer);
		strbuf_addf(&line, ")");
		break;
	case ANSWER_PARTLY:
		add_partly(&line, answer);
		break;
	case ANSWER_UNDECIDED:
		strbuf_addf(&line, "not known: nothing could be judged");
		break;
	case ANSWER_HANDLERS:
		strbuf_addf(&line, "yes%s%s: after %s the %s (%s)",
			answer->main_complete ? "" : " so far",
			answer->by_handlers ? ", by its handlers" : "",
			format_call(answer->bad->method), consequence(answer->bad),
			answer->bad->scenario);
		break;
	default:
		strbuf_addf(&line, "%s",
			!answer->complete ? "yes so far: nothing bad, but not everything was tried"
			: answer->foreign ? "yes: what hangs is not the allocator's fault"
					  : "yes: nothing bad at any fork point");
	}
}
