#include "report_text.h"

#include "format.h"
#include "result.h"
#include "strbuf.h"

#include <inttypes.h>
#include <string.h>

static const char *plural(unsigned long n)
{
	return n == 1 ? "" : "s";
}

void prose_host(char out[PROSE_MAX], const struct report *report)
{
	const struct host *host = &report->host;
	struct line line = line_in(out, PROSE_MAX);

	line_add(&line, "forklab %s on Linux %s %s, %s, %u CPU%s, %" PRIu64 " MiB",
		report->options.version, host->kernel, host->machine, host->libc, host->cpus,
		plural(host->cpus), host->memory_mib);
}

/* The cells of that mode; those cut short and those never run among them. */
struct mode_counts {
	size_t cells, cut, missing;
};

static struct mode_counts count_mode(const struct report *report, bool sweep)
{
	struct mode_counts counts = {0};

	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (model_is_sweep(cell) != sweep)
			continue;
		counts.cells++;
		counts.missing += !word_was_run(cell);
		counts.cut += cell->cut && word_was_run(cell);
	}
	return counts;
}

void prose_options(char out[PROSE_MAX], const struct report *report)
{
	const struct run_options *options = &report->options;
	bool sweep = count_mode(report, true).cells > 0;
	bool stress = count_mode(report, false).cells > 0 || !sweep;
	struct line line = line_in(out, PROSE_MAX);

	if (stress)
		line_add(&line, "%u trial%s a cell, %u worker%s, %s", options->trials,
			plural(options->trials), options->workers, plural(options->workers),
			options->aim ? "forks aimed into the allocator"
				     : "forks at random moments");
	if (sweep)
		line_add(&line, "%sa sweep of each cell%s", stress ? ", and " : "",
			options->every_instruction ? " with a fork after every instruction" : "");
	line_add(&line, ", seed %" PRIu64, options->seed);
	if (options->budget_s > 0)
		line_add(&line, ", budget %g s", options->budget_s);
	line_add(&line, "; took %.1f s", report->seconds);
}

/* Controls whose known answer is that verdict, and that gave it. */
static unsigned passed_with(const struct report *report, enum verdict verdict)
{
	unsigned count = 0;

	for (size_t i = 0; i < report->controls; i++)
		count += report->control[i].passed && report->control[i].expected == verdict;
	return count;
}

void prose_controls(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);
	size_t passed = 0;

	if (!report->controls_ran) {
		line_add(&line, "controls: none were run, so nothing shows that a hang would have "
				"been noticed.");
		return;
	}
	for (size_t i = 0; i < report->controls; i++)
		passed += report->control[i].passed;
	line_add(&line, "controls: %zu of %zu known answers found (", passed, report->controls);

	size_t begin = line.used;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		unsigned found = passed_with(report, (enum verdict)v);

		if (found)
			line_add_item(
				&line, begin, ", ", "%u %s", found, verdict_name((enum verdict)v));
	}
	line_add(&line, "%s)", passed ? "" : "none");
}

/* Without the full stop that it may end in. */
static int sentence_length(const char *sentence)
{
	size_t length = strlen(sentence);

	return (int)(length > 0 && sentence[length - 1] == '.' ? length - 1 : length);
}

void prose_warning(char out[PROSE_MAX], const struct control *control)
{
	struct line line = line_in(out, PROSE_MAX);
	bool blamed = control->expected == VERDICT_OK;

	line_add(&line, "WARNING: detection power was insufficient: ");
	if (*control->why)
		line_add(&line, "%.*s", sentence_length(control->why), control->why);
	else
		line_add(&line, "%s / %s / %s should be %s and was %s (%u of %u trials right)",
			control->allocator, control->scenario, word_call(control->method),
			verdict_name(control->expected), verdict_name(control->got), control->hits,
			control->trials);
	line_add(&line, ". Do not trust the %s below.", blamed ? "blame" : "zeros");
}

void prose_partial(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);

	if (report->partial)
		line_add(&line,
			"PARTIAL: interrupted after %.1f s. What is here was measured, the rest "
			"was not.",
			report->seconds);
}

void prose_cut(char out[PROSE_MAX], const struct report *report)
{
	struct mode_counts stress = count_mode(report, false), sweep = count_mode(report, true);
	struct line line = line_in(out, PROSE_MAX);

	if (stress.cut > 0)
		line_add(&line, "Ended early, with fewer than %u trials: %zu of %zu cells. ",
			report->options.trials, stress.cut, stress.cells);
	if (stress.missing > 0)
		line_add(&line, "Not run at all: %zu of %zu cells. ", stress.missing, stress.cells);
	if (sweep.cut > 0)
		line_add(&line, "Swept in part only: %zu of %zu cells. ", sweep.cut, sweep.cells);
	if (sweep.missing > 0)
		line_add(&line, "Not swept at all: %zu of %zu cells. ", sweep.missing, sweep.cells);
	if (line.used > 0)
		line_add(&line, "For more: a greater --budget, fewer cells, or --thorough.");
}

void prose_sampled(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);
	uint64_t left_out = 0, points = 0;
	size_t sampled = 0, sweeps = 0;

	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (!model_is_sweep(cell) || !cell->sweep.complete)
			continue;
		sweeps++;
		sampled += cell->sweep.left_out > 0;
		left_out += cell->sweep.left_out;
		points += cell->sweep.left_out > 0 ? cell->sweep.points : 0;
	}
	if (sampled > 0)
		line_add(&line,
			"Sampled in long runs of stores: %zu of %zu sweeps, which left out %" PRIu64
			" of their %" PRIu64 " fork points.",
			sampled, sweeps, left_out, points);
}

static void add_number(struct line *line, size_t begin, uint64_t number, const char *what)
{
	if (number > 0)
		line_add_item(line, begin, ", ", "%" PRIu64 " %s", number, what);
}

void prose_reach(char out[PROSE_MAX], const struct cell *sweep)
{
	const struct sweep *s = &sweep->sweep;
	const struct reach *reach = &s->reach;
	struct line line = line_in(out, PROSE_MAX);

	line_add(&line, "%u fork point%s", s->points, plural(s->points));
	if (s->points > 0 && s->tried == s->points) {
		line_add(&line, ", all tried,");
	} else if (s->points > 0) {
		line_add(&line, " (");

		size_t begin = line.used;

		add_number(&line, begin, s->tried, "tried");
		add_number(&line, begin, s->waited, "waited");
		add_number(&line, begin, s->left_out, "left out");
		line_add(&line, ")");
	}
	line_add(&line, " in %" PRIu64 " instruction%s%s; reached %u distinct one%s",
		s->instructions, plural(s->instructions),
		s->complete ? "" : " of a sequence that was not finished", reach->instructions,
		plural(reach->instructions));
	if (reach->functions > 0)
		line_add(&line, " in %u function%s", reach->functions, plural(reach->functions));
	line_add(&line, ", %u system call%s", reach->syscalls, plural(reach->syscalls));
	if (reach->syscalls > 0)
		line_add(&line, " of %u kind%s", reach->calls, plural(reach->calls));
}

void prose_pid_changes(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);
	uint64_t changes = 0, forks = 0;

	for (size_t i = 0; i < report->cells; i++) {
		changes += report->cell[i].pid_changes;
		forks += report->cell[i].pid_changes > 0 ? report->cell[i].trials : 0;
	}
	if (changes > 0)
		line_add(&line,
			"The fork came in the middle of a call, which began in the parent and "
			"ended "
			"in the child (its pid changed), in %" PRIu64 " of %" PRIu64
			" forks of the scenarios that look.",
			changes, forks);
}

/* Nothing is said of the cell that was not said of one before it. */
static bool is_said(const struct report *report, size_t index, bool of_allocator)
{
	const struct cell *cell = &report->cell[index];

	for (size_t i = 0; i < index; i++) {
		const struct cell *before = &report->cell[i];

		if (of_allocator ? strcmp(before->allocator, cell->allocator) == 0
				 : strcmp(before->atfork_sentence, cell->atfork_sentence) == 0)
			return true;
	}
	return false;
}

void prose_atfork(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);

	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		if (*cell->atfork == '\0' || is_said(report, i, false))
			continue;
		line_add(&line, "%s%s", line.used ? "; " : "atfork handlers: ", cell->allocator);
		for (size_t k = i + 1; k < report->cells; k++)
			if (strcmp(report->cell[k].atfork_sentence, cell->atfork_sentence) == 0 &&
				!is_said(report, k, true))
				line_add(&line, ", %s", report->cell[k].allocator);
		line_add(&line, ": %s", cell->atfork_sentence);
	}
}

/* The first cell with a cure under a method that runs no handlers, and that was not named yet. */
static bool is_out_of_reach(const struct report *report, size_t index)
{
	const struct cell *cell = &report->cell[index];

	if (*cell->cure == '\0' || strcmp(cell->method, "fork") == 0)
		return false;
	for (size_t i = 0; i < index; i++)
		if (*report->cell[i].cure && strcmp(report->cell[i].method, cell->method) == 0)
			return false;
	return true;
}

void prose_no_cure(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);
	char methods[WORDING_MAX];
	struct line names = line_in(methods, sizeof(methods));

	for (size_t i = 0; i < report->cells; i++)
		if (is_out_of_reach(report, i))
			line_add_item(&names, 0, " and ", "%s", word_call(report->cell[i].method));
	if (names.used > 0)
		line_add(&line,
			"The cure has no effect under %s: it consists of atfork handlers, and none "
			"is run there.",
			methods);
}

void prose_legend(char out[PROSE_MAX], const struct report *report, bool utf8)
{
	bool sweep = count_mode(report, true).cells > 0, stress = count_mode(report, false).cells;
	struct line line = line_in(out, PROSE_MAX);

	if (report->cells == 0)
		return;
	line_add(&line, "How to read a cell: the worst verdict [and its finding below], then how "
			"many ");
	if (sweep)
		line_add(&line,
			"fork points of how many were bad. \"all\" says that the sweep covered "
			"every "
			"one, and none was; it says nothing of operations that were not swept. ");
	if (sweep && stress)
		line_add(&line, "Below it stands how many random trials were bad. ");
	else if (stress)
		line_add(&line, "trials of how many were bad. ");
	if (stress)
		line_add(&line,
			"Where none was, \"%s 1 %%\" says what the trials support: the true rate "
			"is "
			"at most that, with 95 %% confidence. It does not say \"safe\".",
			utf8 ? "≤" : "<=");
}
