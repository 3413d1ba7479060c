#include "loop_write_set.h"

#include <string.h>

#include "proc_mem.h"

/* The part of a range that lies in one line. */
struct line_span {
	uint64_t line;
	unsigned from, size; /* within the line */
	uint64_t mask;
};

/* Takes the part of the range that lies in its first line off the range. False: it is empty. */
static bool next_span(struct arch_range *rest, struct line_span *line_span)
{
	if (rest->size == 0)
		return false;
	line_span->line = rest->address - rest->address % WRITE_SET_LINE;
	line_span->from = (unsigned)(rest->address % WRITE_SET_LINE);
	line_span->size = WRITE_SET_LINE - line_span->from;
	if (line_span->size > rest->size)
		line_span->size = rest->size;
	uint64_t end = line_span->size < WRITE_SET_LINE ? UINT64_C(1) << line_span->size : 0;
	line_span->mask = (end - 1) << line_span->from;
	rest->address += line_span->size;
	rest->size -= line_span->size;
	return true;
}

static struct write_set_line *find(struct write_set *write_set, uint64_t address)
{
	for (unsigned i = write_set->lines; i-- > 0;)
		if (write_set->line[i].address == address)
			return &write_set->line[i];
	return NULL;
}

static struct write_set_line *find_or_add(struct write_set *write_set, uint64_t address)
{
	struct write_set_line *line = find(write_set, address);
	if (line || write_set->lines == WRITE_SET_LINES)
		return line;
	line = &write_set->line[write_set->lines++];
	line->address = address;
	line->written = line->changed = 0;
	return line;
}

void write_set_reset(struct write_set *write_set)
{
	write_set->lines = 0;
}

bool write_set_before_store(struct write_set *write_set, pid_t tid, const struct arch_range *store)
{
	struct arch_range rest = *store;
	struct line_span line_span;
	unsigned char now[WRITE_SET_LINE];
	while (next_span(&rest, &line_span)) {
		struct write_set_line *line = find_or_add(write_set, line_span.line);
		if (!line)
			return false;
		if ((line->written & line_span.mask) == line_span.mask)
			continue;
		ssize_t got =
			proc_mem_read(tid, line_span.line + line_span.from, now, line_span.size);
		if (got != (ssize_t)line_span.size)
			return false;
		for (unsigned i = 0; i < line_span.size; i++)
			if (!(line->written >> (line_span.from + i) & 1))
				line->old[line_span.from + i] = now[i];
		line->written |= line_span.mask;
	}
	return true;
}

/* One bit for each byte of the span that differs from its old value. */
static bool find_changed(const struct write_set_line *line, pid_t tid,
	const struct line_span *line_span, uint64_t *mask)
{
	unsigned char now[WRITE_SET_LINE];
	ssize_t got = proc_mem_read(tid, line_span->line + line_span->from, now, line_span->size);
	if (got != (ssize_t)line_span->size)
		return false;
	*mask = 0;
	for (unsigned i = line_span->from; i < line_span->from + line_span->size; i++)
		if (now[i - line_span->from] != line->old[i])
			*mask |= UINT64_C(1) << i;
	return true;
}

bool write_set_after_store(struct write_set *write_set, pid_t tid, const struct arch_range *store)
{
	struct arch_range rest = *store;
	struct line_span line_span;
	uint64_t mask;
	while (next_span(&rest, &line_span)) {
		struct write_set_line *line = find(write_set, line_span.line);
		if (!line || !find_changed(line, tid, &line_span, &mask))
			return false;
		line->changed |= mask & line_span.mask;
	}
	return true;
}

bool write_set_is_restored(const struct write_set *write_set, pid_t tid)
{
	for (unsigned i = 0; i < write_set->lines; i++) {
		const struct write_set_line *line = &write_set->line[i];
		/* A line never crosses the end of a page, so all of it is readable. */
		struct line_span whole = {.line = line->address, .size = WRITE_SET_LINE};
		uint64_t mask;
		if (!find_changed(line, tid, &whole, &mask) || mask & line->written)
			return false;
	}
	return true;
}

void write_set_lookup(const struct write_set *write_set, const struct arch_range *range,
	bool *written, bool *changed)
{
	struct arch_range rest = *range;
	struct line_span line_span;
	*written = *changed = false;
	while (next_span(&rest, &line_span)) {
		for (unsigned i = 0; i < write_set->lines; i++) {
			const struct write_set_line *line = &write_set->line[i];
			if (line->address != line_span.line)
				continue;
			*written |= (line->written & line_span.mask) != 0;
			*changed |= (line->changed & line_span.mask) != 0;
		}
	}
}
