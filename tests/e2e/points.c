#include "points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char header[] = "allocator\tscenario\tmethod\tpoint\tinstruction\toutcome\tverdict\t"
			     "proven\tstep\theld\tcall\tplace";

enum { FIELDS = 12 };

/* Cuts the line at its tabs. */
static void cut(char *line, const char *field[FIELDS])
{
	int count = 0;
	for (char *rest = line; rest;) {
		char *one = strsep(&rest, "\t");
		if (count < FIELDS)
			field[count] = one;
		count++;
	}
	if (count != FIELDS)
		e2e_fail("a line has %d fields instead of %d", count, FIELDS);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);
	if (end == text || *end)
		e2e_fail("'%s' is no number", text);
	return value;
}

static void parse(char *line, struct point *point)
{
	const char *f[FIELDS];
	cut(line, f);
	*point = (struct point){
		.allocator = f[0],
		.scenario = f[1],
		.method = f[2],
		.number = (unsigned)number(f[3]),
		.instruction = number(f[4]),
		.outcome = f[5],
		.verdict = f[6],
		.proven = f[7],
		.step = f[8],
		.held = f[9],
		.call = f[10],
		.location = f[11],
	};
}

bool points_same_cell(const struct point *a, const struct point *b)
{
	return strcmp(a->allocator, b->allocator) == 0 && strcmp(a->scenario, b->scenario) == 0 &&
	       strcmp(a->method, b->method) == 0;
}

/* Every point of a cell is there, in its order. */
static void check_order(const struct points *points)
{
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->point[i];
		bool first = i == 0 || !points_same_cell(point, point - 1);
		unsigned before = first ? 0 : point[-1].number;
		if (point->number != before + 1 ||
			(!first && point->instruction < point[-1].instruction))
			e2e_fail("out of order: %s", points_describe(point));
	}
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;
	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

void points_read(struct points *points, const char *path)
{
	char *rest = points->text = e2e_read(path);
	size_t lines = count_lines(points->text);
	if (lines == 0)
		e2e_fail("%s is empty", path);
	assert_string_equal(strsep(&rest, "\n"), header);
	points->count = lines - 1;
	points->point = calloc(lines, sizeof(*points->point));
	assert_non_null(points->point);
	for (size_t i = 0; i < points->count; i++)
		parse(strsep(&rest, "\n"), &points->point[i]);
	assert_string_equal(rest, "");
	check_order(points);
}

void points_free(struct points *points)
{
	free(points->point);
	free(points->text);
	*points = (struct points){0};
}

bool points_held(const struct point *point, const char *lock)
{
	size_t length = strlen(lock);
	for (const char *at = point->held; (at = strstr(at, lock)); at += length) {
		bool begins = at == point->held || at[-1] == ';';
		if (begins && (at[length] == ';' || at[length] == '\0'))
			return true;
	}
	return false;
}

const char *points_describe(const struct point *p)
{
	static char words[512];
	snprintf(words, sizeof(words),
		"%s / %s / %s, point %u: %s %s (step %s), held: '%s', in %s at %s", p->allocator,
		p->scenario, p->method, p->number, p->outcome, p->verdict, p->step, p->held,
		p->call, p->location);
	return words;
}
