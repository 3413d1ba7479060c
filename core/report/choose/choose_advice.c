#include "choose_advice.h"

#include "cost_print.h"
#include "finding_text.h"
#include "plural.h"
#include "strbuf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- How to use it ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* "jemalloc" for "libjemalloc.so.2"; false: not the name of a library. */
static bool library_name(char *out, size_t size, const char *file)
{
	const char *end = strstr(file, ".so");
	if (strncmp(file, "lib", 3) != 0 || !end)
		return false;
	snprintf(out, size, "%.*s", (int)(end - file - 3), file + 3);
	return true;
}

/* For an allocator inside the program, by its link kind. A variant is called NAME-static. */
static void usage_of_linked(char *out, size_t size, const struct cost_cell *cell)
{
	char name[MODEL_NAME_MAX];
	snprintf(name, sizeof(name), "%s", cell->allocator);
	char *dash = strrchr(name, '-');
	if (dash && strcmp(dash + 1, link_kind_name(cell->link)) == 0)
		*dash = '\0';
	if (strcmp(name, "musl") == 0)
		snprintf(out, size, "build the program with musl-gcc -static");
	else if (cell->link == LINK_STATIC && strcmp(name, "glibc") == 0)
		snprintf(out, size, "link the program with -static");
	else if (cell->link == LINK_STATIC)
		snprintf(out, size, "link the program with -static and the archive of %s", name);
	else if (cell->link == LINK_ARCHIVE)
		snprintf(out, size, "link the archive of %s into the program", name);
	else
		snprintf(out, size, "link the objects of %s into the program", name);
}

void choose_usage(char *out, size_t size, const struct cost_cell *cell)
{
	const char *file = base_name(cell->object);
	char name[MODEL_NAME_MAX];
	if (strncmp(file, "libc.so", 7) == 0)
		snprintf(out, size, "nothing to do: it is what every program has");
	else if (cell->link == LINK_PRELOAD && *cell->object)
		snprintf(out, size, "LD_PRELOAD=%s PROGRAM", cell->object);
	else if (library_name(name, sizeof(name), file))
		snprintf(
			out, size, "link with -l%s, or: LD_PRELOAD=%s PROGRAM", name, cell->object);
	else
		usage_of_linked(out, size, cell);
}

/* ---- Safety ---- */

void choose_safety_brief(char *out, size_t size, const struct choice *choice)
{
	static const char *const texts[] = {
		[SAFETY_UNJUDGED] = "could not be judged",
		[SAFETY_NOTHING_FOUND] = "no bad child",
		[SAFETY_BAD] = "",
		[SAFETY_CORRUPT] = "corruption while costs were measured",
		[SAFETY_CUT] = "answers were cut short while costs were measured",
		[SAFETY_HUNG] = "children hung while costs were measured",
	};
	if (choice->safety == SAFETY_BAD)
		snprintf(out, size, "%s in %s", verdict_name(choice->finding.verdict),
			choice->scenario);
	else
		snprintf(out, size, "%s", texts[choice->safety]);
}

void choose_safety_text(char *out, size_t size, const struct choice *choice)
{
	struct strbuf line = strbuf_init(out, size);
	char brief[FINDING_TEXT_MAX];
	choose_safety_brief(brief, sizeof(brief), choice);
	if (choice->safety == SAFETY_CORRUPT || choice->safety == SAFETY_CUT) {
		cost_failure_text(brief, sizeof(brief), choice->cell);
		strbuf_addf(&line, "%s", brief);
	} else {
		strbuf_addf(&line, "%s", brief);
	}
	if (choice->safety == SAFETY_BAD) {
		finding_text(brief, sizeof(brief), &choice->finding);
		strbuf_addf(&line, ": %s", brief);
	} else if (choice->safety == SAFETY_UNJUDGED)
		strbuf_addf(&line, ": no trial and no fork point came to a verdict");
	else if (choice->safety == SAFETY_NOTHING_FOUND)
		strbuf_addf(&line,
			" at %" PRIu32 " fork point%s%s and in %" PRIu32 " random trial%s",
			choice->points, plural(choice->points),
			choice->all_points ? "" : " (not all there are)", choice->trials,
			plural(choice->trials));
	if (choice->cell && choice->cell->late) {
		cost_late_text(brief, sizeof(brief), choice->cell);
		strbuf_addf(&line, "; %s", brief);
	}
}

/* ---- The recommendation ---- */

static bool is_too_noisy(const struct choose_report *report)
{
	return report->noisy && report->choices > 1 && report->choice[1].ranked;
}

const struct choice *choose_recommended(const struct choose_report *report)
{
	bool any = report->choices > 0 && report->choice[0].ranked;
	return any && !report->partial && !is_too_noisy(report) ? &report->choice[0] : NULL;
}

static void advise_tie(
	struct strbuf *line, const struct choose_report *report, const char *workload)
{
	strbuf_addf(line, "A tie for %s: ", workload);
	size_t begin = line->used;
	for (size_t i = 0; i < report->choices; i++)
		if (report->choice[i].ranked && report->choice[i].tie)
			strbuf_add_item(line, begin, ", ", "%s", report->choice[i].cell->allocator);
	strbuf_addf(line, " cannot be distinguished, since their spreads overlap; take any "
			  "of them, or measure again with more --rounds.");
}

static void advise_one(
	struct strbuf *line, const struct choose_report *report, const char *workload)
{
	const struct choice *first = &report->choice[0], *second = first + 1;
	if (report->choices == 1 || !second->ranked)
		strbuf_addf(line,
			"%s is the only one of these for %s that passed the safety check and was "
			"measured.",
			first->cell->allocator, workload);
	else
		strbuf_addf(line,
			"%s costs least for %s: %.2f times the best in everything, where the next "
			"one, %s, has %.2f, and their spreads do not overlap.",
			first->cell->allocator, workload, first->score.value,
			second->cell->allocator, second->score.value);
}

void choose_advice(char *out, size_t size, const struct choose_report *report)
{
	struct strbuf line = strbuf_init(out, size);
	const struct choice *first = choose_recommended(report);
	char workload[128];
	snprintf(workload, sizeof(workload),
		"a %s server with %" PRIu32 " thread%s and %" PRIu64 " MiB", report->server->name,
		report->threads, plural(report->threads), report->heap_bytes >> 20);
	if (report->partial)
		strbuf_addf(&line, "Interrupted: nothing is recommended.");
	else if (is_too_noisy(report))
		strbuf_addf(&line, "Too noisy to tell: this machine was busy with something else. "
				   "Run it again when nothing else runs.");
	else if (!first)
		strbuf_addf(&line, "None of these can be recommended for %s.", workload);
	else if (first->tie)
		advise_tie(&line, report, workload);
	else
		advise_one(&line, report, workload);
}
