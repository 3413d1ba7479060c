#include "brief_findings.h"

#include "finding_text.h"
#include "format.h"
#include "plural.h"
#include "report_query.h"
#include "strbuf.h"
#include "tally.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

enum {
	FINDINGS_MAX = 5,
	LINE_MAX_COLUMNS = 100,
	LINE_MIN_COLUMNS = 60,
	INDENT = 4,
	COMMAND_MAX = MODEL_TEXT_MAX * 2,
};

/*
 * Each finding has one line. A longer sentence ends with one of its clauses, else after a word and
 * with "...".
 */
static void shorten(char *text, size_t columns)
{
	static const char *const ends[] = {"; ", " ("};
	const size_t least = columns / 2;
	if (utf8_columns(text, strlen(text)) <= columns)
		return;
	text[utf8_fit(text, columns - 4)] = '\0';
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (char *at = text; (at = strstr(at + 1, ends[i]));)
			if ((size_t)(at - text) >= least) {
				*at = '\0';
				return;
			}
	char *word = strrchr(text, ' ');
	if (word)
		strcpy(word, " ...");
}

static void add_sentence(struct document *document, const struct cell *cell)
{
	unsigned width = document->options->width;
	char text[FINDING_TEXT_MAX + MODEL_TEXT_MAX], finding[FINDING_TEXT_MAX];
	size_t columns = width == 0 || width > LINE_MAX_COLUMNS ? LINE_MAX_COLUMNS
			 : width < LINE_MIN_COLUMNS             ? LINE_MIN_COLUMNS
								: width;
	struct strbuf line = strbuf_init(text, sizeof(text));
	finding_text(finding, sizeof(finding), &cell->finding);
	strbuf_addf(&line, "%s, %s, %s: %s", model_subject(cell), cell->scenario,
		format_call(cell->method), finding);
	shorten(text, columns);
	document_add(document, (struct block_style){.tone = TONE_BAD, .detail = true}, "%s", text);
}

/* A sweep's point is explained by the same command with another name. */
static void add_command(struct document *document, const struct cell *cell)
{
	static const char sweep[] = "forklab sweep ";
	const char *command = cell->finding.command, *at = strstr(command, sweep);
	char text[COMMAND_MAX];
	if (model_is_sweep(cell) && at)
		(void)snprintf(text, sizeof(text), "%.*sforklab explain %s", (int)(at - command),
			command, at + sizeof(sweep) - 1);
	else
		(void)snprintf(text, sizeof(text), "%s", command);
	document_add(document,
		(struct block_style){.kind = BLOCK_COMMAND, .indent = INDENT, .detail = true}, "%s",
		text);
}

static bool is_broken(const struct cell *cell)
{
	return cell->verdict == VERDICT_BROKEN;
}

static bool has_foreign_finding(const struct cell *cell)
{
	return cell->has_finding && tally_foreign(cell) > 0;
}

static const struct cell *find_cell(const struct report *report, const char *subject,
	enum fork_method method, bool (*wanted)(const struct cell *cell))
{
	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];
		if (cell->method == method && wanted(cell) &&
			strcmp(model_subject(cell), subject) == 0)
			return cell;
	}
	return NULL;
}

/* The worst cell of an answer under that method, if it has a finding to tell. */
static const struct cell *finding_of(
	const struct report *report, const struct subject_answer *answer, enum fork_method method)
{
	const struct cell *cell = query_worst_cell(report, answer->subject, method);
	/* Where the test itself has failed, the reader has to know why. */
	if (!cell)
		cell = find_cell(report, answer->subject, method, is_broken);
	/* A hang on a lock of the application or libc is no fault of the allocator, but it hangs.
	 */
	if (!cell)
		cell = find_cell(report, answer->subject, method, has_foreign_finding);
	return cell && cell->has_finding ? cell : NULL;
}

static void add_of_method(struct document *document, const struct report *report,
	const struct answers *answers, enum fork_method method, size_t *found)
{
	for (size_t i = 0; i < answers->count; i++) {
		const struct cell *cell = finding_of(report, &answers->answer[i], method);
		if (!cell || (*found)++ >= FINDINGS_MAX)
			continue;
		if (*found == 1)
			document_detail(document, BLOCK_HEADING, "What was found");
		add_sentence(document, cell);
		add_command(document, cell);
	}
}

void brief_findings_add(
	struct document *document, const struct report *report, const struct answers *answers)
{
	size_t found = 0;
	add_of_method(document, report, answers, answers->method, &found);
	for (int method = 0; method < METHOD_COUNT; method++)
		if ((enum fork_method)method != answers->method)
			add_of_method(document, report, answers, (enum fork_method)method, &found);
	if (found > FINDINGS_MAX)
		document_detail(
			document, BLOCK_PARAGRAPH, "and %zu more: --details", found - FINDINGS_MAX);
}
