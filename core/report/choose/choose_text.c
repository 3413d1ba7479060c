/* The choice of an allocator, for people: the ranking, who is out and why, what to do. */
#include "choose_print.h"
#include "color.h"
#include "cost_print.h"
#include "strbuf.h"
#include "text_table.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WIDTH_WITHOUT_TERMINAL = 100,
	WIDTH_MIN = 40,
	WORDS_MAX = 128,
	COLUMNS_MAX = 3 + CHOOSE_CLASSES + CHOOSE_CRITERIA,
};

struct choose_text {
	struct text_out text_out;
	const struct choose_report *report;
};

static const char *const class_names[CHOOSE_CLASSES] = {"latency", "memory", "throughput"};

/* ---- The ranking ---- */

static void result_words(char *out, const struct cost_estimate *estimate, int figure)
{
	struct strbuf line = strbuf_init(out, WORDS_MAX);
	char value[64];
	double most = fmax(estimate->high - estimate->value, estimate->value - estimate->low);

	if (isnan(estimate->value)) {
		strbuf_addf(&line, "-");
		return;
	}
	cost_format_value(
		value, sizeof(value), estimate->value, cost_figure_info((size_t)figure)->unit);
	strbuf_addf(&line, "%s", value);
	if (estimate->rounds > 1 && estimate->value > 0)
		strbuf_addf(&line, " ±%.0f %%", 100 * most / estimate->value);
	if (estimate->noisy)
		strbuf_addf(&line, " (noisy)");
}

static int set(
	const struct choose_text *text, struct libscols_line *row, size_t column, const char *words)
{
	char clean[WORDS_MAX];

	utf8_sanitize(clean, sizeof(clean), words, text->text_out.utf8);
	return text_table_set(row, column, clean, NULL);
}

static int add_row(
	const struct choose_text *text, struct libscols_table *table, const struct choice *choice)
{
	const struct choose_server *server = text->report->server;
	struct libscols_line *row = scols_table_new_line(table, NULL);
	char words[WORDS_MAX];
	size_t column = 0;

	if (!row)
		return -ENOMEM;
	(void)snprintf(words, sizeof(words), "%u%s%s", choice->rank, choice->tie ? " tie" : "",
		choice->pareto ? " *" : "");
	int status = set(text, row, column++, words);
	if (status == 0)
		status = set(text, row, column++, choice->cell->allocator);
	(void)snprintf(words, sizeof(words), "%.2f (%.2f to %.2f)", choice->score.value,
		choice->score.low, choice->score.high);
	if (status == 0)
		status = set(text, row, column++, words);
	for (int i = 0; status == 0 && i < CHOOSE_CLASSES; i++) {
		(void)snprintf(words, sizeof(words), "%.2f", choice->class_score[i].value);
		status = set(text, row, column++, words);
	}
	for (size_t i = 0; status == 0 && i < server->criteria; i++) {
		int figure = server->criterion[i].figure;

		result_words(words, &choice->cell->estimate[figure], figure);
		status = set(text, row, column++, words);
	}
	return status;
}

static struct libscols_table *new_ranking_table(const struct choose_text *text)
{
	const struct choose_server *server = text->report->server;
	const char *headings[COLUMNS_MAX] = {"rank", "allocator", "score"};
	size_t columns = 3;

	for (int i = 0; i < CHOOSE_CLASSES; i++)
		headings[columns++] = class_names[i];
	for (size_t i = 0; i < server->criteria; i++)
		headings[columns++] = server->criterion[i].label;
	struct libscols_table *table = text_table_new(headings, columns, text->text_out.utf8);
	for (size_t i = 0; table && i < text->report->choices; i++)
		if (text->report->choice[i].ranked &&
			add_row(text, table, &text->report->choice[i]) != 0) {
			scols_unref_table(table);
			return NULL;
		}
	return table;
}

static void print_paragraphs(const struct choose_text *text)
{
	const struct choose_server *server = text->report->server;
	char words[WORDS_MAX], all[WRAP_TEXT_MAX];

	for (size_t i = 0; i < text->report->choices; i++) {
		const struct choice *choice = &text->report->choice[i];
		struct strbuf line = strbuf_init(all, sizeof(all));

		if (!choice->ranked)
			continue;
		strbuf_addf(&line, "%u%s%s %s: score %.2f (%.2f to %.2f)", choice->rank,
			choice->tie ? " tie" : "", choice->pareto ? " *" : "",
			choice->cell->allocator, choice->score.value, choice->score.low,
			choice->score.high);
		for (int k = 0; k < CHOOSE_CLASSES; k++)
			strbuf_addf(
				&line, ", %s %.2f", class_names[k], choice->class_score[k].value);
		for (size_t k = 0; k < server->criteria; k++) {
			int figure = server->criterion[k].figure;

			result_words(words, &choice->cell->estimate[figure], figure);
			strbuf_addf(&line, "; %s %s", server->criterion[k].label, words);
		}
		wrap_print(&text->text_out, &(struct paragraph_style){.rest = "    "}, all);
	}
}

static int print_ranking(const struct choose_text *text, bool limited)
{
	struct libscols_table *table = new_ranking_table(text);
	char *plain = table ? text_table_render(table, false) : NULL;
	char *shown = table ? text_table_render(table, text->text_out.color) : NULL;
	int status = plain && shown ? 0 : -ENOMEM;

	if (status == 0 && limited && text_table_width(plain) > text->text_out.width)
		print_paragraphs(text);
	else if (status == 0)
		text_table_print(&text->text_out, shown, text_table_width(plain));
	free(plain);
	free(shown);
	scols_unref_table(table);
	return status;
}

/* ---- The rest ---- */

static const char legend[] = "A score is how many times as much it costs as the best one does in "
			     "each thing; 1 is the best "
			     "in everything. In parentheses: as far as the rounds lie apart. * "
			     "stands on the Pareto front: "
			     "no other one is better in latency, memory and throughput at once. A "
			     "tie cannot be told from "
			     "the first.";

static void print_title(const struct choose_text *text)
{
	const struct choose_report *report = text->report;
	char heap[32], words[WRAP_TEXT_MAX];

	cost_format_value(heap, sizeof(heap), (double)report->heap_bytes, COST_BYTES);
	(void)snprintf(words, sizeof(words), "%s: %s; %" PRIu32 " threads, %s of heap",
		report->server->name, report->server->summary, report->threads, heap);
	wrap_print(&text->text_out, &(struct paragraph_style){.color = COLOR_TITLE}, words);
}

static bool any_choice(const struct choose_report *report, bool ranked)
{
	for (size_t i = 0; i < report->choices; i++)
		if (report->choice[i].ranked == ranked)
			return true;
	return false;
}

static void print_safety(const struct choose_text *text)
{
	const struct paragraph_style style = {.rest = "    "},
				     again = {.first = "    ", .rest = "      "};
	char words[WRAP_TEXT_MAX];

	wrap_print(&text->text_out, &(struct paragraph_style){.color = COLOR_TITLE},
		"The gate: fork()");
	for (size_t i = 0; i < text->report->choices; i++) {
		const struct choice *choice = &text->report->choice[i];

		(void)snprintf(words, sizeof(words), "%s%s: %s%s%s", choice->cell->allocator,
			choice->out ? " is out" : "", choice->safety,
			!choice->out && choice->unmeasured ? "; not ranked, not measured: " : "",
			!choice->out && choice->unmeasured ? choice->unmeasured : "");
		wrap_print(&text->text_out, &style, words);
		wrap_print(&text->text_out, &again, choice->command);
	}
}

static void print_recommendation(const struct choose_text *text, bool quiet)
{
	const struct choose_report *report = text->report;
	char words[WRAP_TEXT_MAX];

	if (!report->controls_passed)
		wrap_print(&text->text_out, &(struct paragraph_style){.color = COLOR_WARNING},
			"The controls were not answered as they must be: the gate may have let "
			"something through.");
	wrap_print(
		&text->text_out, &(struct paragraph_style){.color = COLOR_TITLE}, report->advice);
	if (*report->use) {
		(void)snprintf(words, sizeof(words), "%s: %s", report->choice[0].cell->allocator,
			report->use);
		wrap_print(&text->text_out,
			&(struct paragraph_style){.first = "    ", .rest = "    "}, words);
	}
	if (quiet)
		return;
	(void)snprintf(words, sizeof(words), "%s in %.0f s, seed %" PRIu64 "; costs %s%s.",
		"Chosen", report->seconds, report->seed, report->from ? "from " : "measured",
		report->from ? report->from : " in this run");
	wrap_print(&text->text_out, &(struct paragraph_style){0}, words);
}

int choose_print_text(
	FILE *out, const struct choose_report *report, const struct print_options *options)
{
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	const struct choose_text text = {
		.text_out = {out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8,
			options->color},
		.report = report,
	};
	int status = 0;

	print_title(&text);
	if (any_choice(report, true)) {
		status = print_ranking(&text, options->width > 0);
		if (!options->quiet)
			wrap_print(&text.text_out, &(struct paragraph_style){0}, legend);
	}
	(void)fputc('\n', out);
	print_safety(&text);
	(void)fputc('\n', out);
	print_recommendation(&text, options->quiet);
	return status != 0 ? status : ferror(out) ? -EIO : 0;
}
