/* The candidates of a choice: a panel for each pair of classes, a mark for each allocator. */
#include "choose_advice.h"
#include "drawing.h"
#include "gnuplot.h"
#include "plot_grid.h"
#include "strbuf.h"

#include <inttypes.h>
#include <stdio.h>

enum { WORDS_SIZE = 512 };

/* Which class lies along which axis. */
static const struct {
	enum choose_class x, y;
} panels[] = {
	{CHOOSE_MEMORY, CHOOSE_LATENCY},
	{CHOOSE_THROUGHPUT, CHOOSE_LATENCY},
	{CHOOSE_MEMORY, CHOOSE_THROUGHPUT},
};
enum { PANELS = sizeof(panels) / sizeof(panels[0]) };

static struct plot_range range_of(const struct choose_report *report, enum choose_class class)
{
	struct plot_range range = {0};
	for (size_t i = 0; i < report->choices; i++) {
		const struct choice *choice = &report->choice[i];
		if (!choice->ranked)
			continue;
		plot_range_add(&range, choice->class_score[class].low);
		plot_range_add(&range, choice->class_score[class].high);
	}
	return range;
}

static void put_data(FILE *out, const struct choose_report *report)
{
	for (size_t i = 0; i < report->choices; i++) {
		if (!report->choice[i].ranked)
			continue;
		drawing_begin_data(out, "choice", i);
		for (int class = 0; class < CHOOSE_CLASSES; class ++) {
			const struct choose_score *score = &report->choice[i].class_score[class];
			(void)fprintf(
				out, "%.9g %.9g %.9g ", score->value, score->low, score->high);
		}
		(void)fputc('\n', out);
		drawing_end_data(out);
	}
}

static int mark_of(const struct choice *choice, const struct plot_style *style)
{
	return choice->pareto ? style->filled : style->open;
}

/* "latency: times the best (1 is the best)" */
static void class_title(char *words, size_t size, enum choose_class class)
{
	(void)snprintf(words, size, "%s: times %s", choose_class_names[class],
		class == CHOOSE_THROUGHPUT ? "less than the best" : "the best");
}

static void put_panel(FILE *out, const struct drawing *drawing, size_t panel)
{
	const struct choose_report *report = drawing->choice;
	enum choose_class x = panels[panel].x, y = panels[panel].y;
	const char *separator = "plot ";
	char words[WORDS_SIZE];
	(void)fputs("set title ", out);
	gnuplot_string(out, "%s and %s", choose_class_names[x], choose_class_names[y]);
	(void)fputs("\nunset key\n", out);
	class_title(words, sizeof(words), x);
	gnuplot_ratio_axis(out, "x", range_of(report, x), words);
	class_title(words, sizeof(words), y);
	gnuplot_ratio_axis(out, "y", range_of(report, y), words);
	for (size_t i = 0; i < report->choices; i++) {
		const struct choice *choice = &report->choice[i];
		const struct plot_style style =
			palette_style(&drawing->palette, choice->cell->allocator);
		int of_x = 3 * (int)x + 1, of_y = 3 * (int)y + 1;
		if (!choice->ranked)
			continue;
		(void)fprintf(out,
			"%s$choice%zu using %d:%d:%d:%d:%d:%d with xyerrorbars linecolor rgb '%s' "
			"linewidth 1.4 pointtype %d pointsize 1.1 notitle",
			separator, i, of_x, of_y, of_x + 1, of_x + 2, of_y + 1, of_y + 2,
			style.colour, mark_of(choice, &style));
		separator = ", ";
	}
	drawing_end_panel(out);
}

/* ---- The key ---- */

static void ranked_text(char *out, size_t size, const struct choice *choice)
{
	struct strbuf line = strbuf_init(out, size);
	strbuf_addf(&line, "%u. %s: %.2f (%.2f to %.2f)%s%s", choice->rank, choice->cell->allocator,
		choice->score.value, choice->score.low, choice->score.high,
		choice->pareto ? ", on the front" : "", choice->tie ? ", tie" : "");
}

static void excluded_text(char *out, size_t size, const struct choice *choice)
{
	struct strbuf line = strbuf_init(out, size);
	char safety[MODEL_NAME_MAX * 2];
	choose_safety_brief(safety, sizeof(safety), choice);
	if (choice->out)
		strbuf_addf(&line, "%s is out: %s", choice->cell->allocator, safety);
	else
		strbuf_addf(&line, "%s is not ranked: %s was not measured", choice->cell->allocator,
			choice->unmeasured ? choice->unmeasured : "it");
}

static void put_key(FILE *out, const struct drawing *drawing)
{
	const struct choose_report *report = drawing->choice;
	char words[WORDS_SIZE];
	drawing_begin_key(out, report->choices);
	for (size_t i = 0; i < report->choices; i++) {
		const struct choice *choice = &report->choice[i];
		const struct plot_style style =
			palette_style(&drawing->palette, choice->cell->allocator);
		(void)fputs(i ? ", " : "plot ", out);
		if (choice->ranked) {
			ranked_text(words, sizeof(words), choice);
			(void)fprintf(out,
				"NaN with points linecolor rgb '%s' linewidth 1.4 pointtype %d "
				"pointsize 1.1 title ",
				style.colour, mark_of(choice, &style));
		} else {
			excluded_text(words, sizeof(words), choice);
			(void)fputs("NaN with points linecolor rgb '#7f7f7f' pointtype 2 pointsize "
				    "0.7 title ",
				out);
		}
		gnuplot_string(out, "%s", words);
	}
	drawing_end_panel(out);
}

/* ---- All of it ---- */

static void put_title(FILE *out, const struct choose_report *report)
{
	char heap[32];
	plot_heap_name(heap, sizeof(heap), report->heap_bytes);
	gnuplot_string(out,
		"Allocators for a %s server (%" PRIu32 " background threads, %s of live heap)",
		report->server->name, report->threads, heap);
}

static void caption(
	char out[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX], const struct choose_report *report)
{
	struct strbuf first = strbuf_init(out[0], GNUPLOT_STRING_MAX);
	struct strbuf line = strbuf_init(out[1], GNUPLOT_STRING_MAX);
	strbuf_addf(&first, "Left and low is better. Filled mark: on the Pareto front of all three "
			    "classes. Bars: what the rounds leave open.");
	strbuf_addf(&line, "Linux %s, %u CPU%s. Costs %s%s.", report->host.kernel,
		report->host.cpus, report->host.cpus == 1 ? "" : "s",
		report->from ? "from " : "measured in this run", report->from ? report->from : "");
	if (report->noisy)
		strbuf_addf(&line, " This machine was too noisy to tell.");
	if (report->partial)
		strbuf_addf(&line, " Interrupted.");
}

bool draw_pareto(FILE *out, const struct drawing *drawing, char *why, size_t size)
{
	const struct choose_report *report = drawing->choice;
	const struct drawing_layout layout = drawing_layout_of(PANELS + 1);
	char small[GNUPLOT_CAPTION_LINES][GNUPLOT_STRING_MAX];
	size_t ranked = 0;
	for (size_t i = 0; i < report->choices; i++)
		ranked += report->choice[i].ranked;
	if (ranked == 0) {
		(void)snprintf(why, size, "no allocator passed the safety check and was measured");
		return false;
	}
	caption(small, report);
	gnuplot_begin(out, layout.width, layout.height, small);
	put_data(out, report);
	drawing_begin_panels(out, &layout);
	put_title(out, report);
	(void)fputc('\n', out);
	for (size_t i = 0; i < PANELS; i++)
		put_panel(out, drawing, i);
	put_key(out, drawing);
	(void)fputs("unset multiplot\n", out);
	return true;
}
