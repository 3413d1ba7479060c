#include "print/prose.h"

#include "print/line.h"
#include "print/wording.h"

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

void prose_options(char out[PROSE_MAX], const struct report *report)
{
	const struct run_options *options = &report->options;
	struct line line = line_in(out, PROSE_MAX);

	line_add(&line, "%u trial%s a cell, %u worker%s, %s, seed %" PRIu64, options->trials,
		plural(options->trials), options->workers, plural(options->workers),
		options->aim ? "forks aimed into the allocator" : "forks at random moments",
		options->seed);
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
	struct line line = line_in(out, PROSE_MAX);
	size_t cut = 0, missing = 0;

	for (size_t i = 0; i < report->cells; i++) {
		const struct cell *cell = &report->cell[i];

		missing += !word_was_run(cell);
		cut += cell->cut && word_was_run(cell);
	}
	if (cut > 0)
		line_add(&line, "Ended early, with fewer than %u trials: %zu of %zu cells. ",
			report->options.trials, cut, report->cells);
	if (missing > 0)
		line_add(&line, "Not run at all: %zu of %zu cells. ", missing, report->cells);
	if (cut + missing > 0)
		line_add(&line, "For more: a greater --budget, fewer cells, or --thorough.");
}

void prose_pid_changes(char out[PROSE_MAX], const struct report *report)
{
	struct line line = line_in(out, PROSE_MAX);
	uint64_t changes = 0, trials = 0;

	for (size_t i = 0; i < report->cells; i++) {
		changes += report->cell[i].pid_changes;
		trials += report->cell[i].pid_changes > 0 ? report->cell[i].trials : 0;
	}
	if (changes > 0)
		line_add(&line,
			"The fork came in the middle of a call, which began in the parent and "
			"ended "
			"in the child (its pid changed), in %" PRIu64 " of %" PRIu64
			" trials of the scenarios that look.",
			changes, trials);
}

void prose_legend(char out[PROSE_MAX], const struct report *report, bool utf8)
{
	const char *sign = utf8 ? "≤" : "<=";
	struct line line = line_in(out, PROSE_MAX);

	if (report->cells == 0)
		return;
	line_add(&line,
		"How to read a cell: the worst verdict [and its finding below], then how many "
		"trials of how many were bad. Where none was, \"%s 1 %%\" says what the trials "
		"support: the true rate is at most that, with 95 %% confidence. It does not say "
		"\"safe\".",
		sign);
}
