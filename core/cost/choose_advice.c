#include "choose_advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static size_t ranked(const struct choose_report *report)
{
	size_t count = 0;
	while (count < report->choices && report->choice[count].ranked)
		count++;
	return count;
}

/* "jemalloc, glibc" */
static void name_ties(char *out, size_t size, const struct choose_report *report, size_t count)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++)
		if (report->choice[i].tie)
			used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "",
				report->choice[i].cell->allocator);
}

static void advise_tie(struct choose_report *report, size_t count, const char *workload)
{
	char names[MODEL_TEXT_MAX / 2];
	name_ties(names, sizeof(names), report, count);
	snprintf(report->advice, sizeof(report->advice),
		"A tie for %s: %s cannot be told from each other, since their spreads overlap; "
		"take "
		"any of them, or measure again with more --rounds.",
		workload, names);
}

static void advise_one(struct choose_report *report, size_t count, const char *workload)
{
	const struct choice *first = &report->choice[0];
	if (count == 1)
		snprintf(report->advice, sizeof(report->advice),
			"%s is the only one of these for %s that passed the safety check and was "
			"measured.",
			first->cell->allocator, workload);
	else
		snprintf(report->advice, sizeof(report->advice),
			"%s costs least for %s: %.2f times the best in everything, where the next "
			"one, %s, has %.2f, and their spreads do not overlap.",
			first->cell->allocator, workload, first->score.value,
			report->choice[1].cell->allocator, report->choice[1].score.value);
}

void choose_advise(struct choose_report *report)
{
	size_t count = ranked(report);
	char workload[128];
	snprintf(workload, sizeof(workload),
		"a %s server with %" PRIu32 " threads and %" PRIu64 " MiB", report->server->name,
		report->threads, report->heap_bytes >> 20);
	report->use[0] = '\0';
	if (report->partial) {
		snprintf(report->advice, sizeof(report->advice),
			"Interrupted: nothing is recommended.");
		return;
	}
	if (count == 0) {
		snprintf(report->advice, sizeof(report->advice),
			"None of these can be recommended for %s.", workload);
		return;
	}
	if (report->noisy && count > 1) {
		snprintf(report->advice, sizeof(report->advice),
			"Too noisy to tell: this machine was busy with something else. Run it "
			"again "
			"when nothing else runs.");
		return;
	}
	if (report->choice[0].tie)
		advise_tie(report, count, workload);
	else
		advise_one(report, count, workload);
	choose_usage(report->use, sizeof(report->use), report->choice[0].cell);
}
