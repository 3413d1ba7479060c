#include "loop_write_set.h"

#include <string.h>

#include "proc_mem.h"

/* The part of a range that lies in one line. */
struct piece {
	uint64_t line;
	unsigned from, size; /* within the line */
	uint64_t mask;
};

/* The range's first piece; takes it off the range. False when nothing is left. */
static bool next_piece(struct arch_range *rest, struct piece *piece)
{
	if (rest->size == 0)
		return false;
	piece->line = rest->address - rest->address % JOURNAL_LINE;
	piece->from = (unsigned)(rest->address % JOURNAL_LINE);
	piece->size = JOURNAL_LINE - piece->from;
	if (piece->size > rest->size)
		piece->size = rest->size;
	uint64_t end = piece->size < JOURNAL_LINE ? UINT64_C(1) << piece->size : 0;
	piece->mask = (end - 1) << piece->from;
	rest->address += piece->size;
	rest->size -= piece->size;
	return true;
}

static struct journal_line *find(struct journal *journal, uint64_t address)
{
	for (unsigned i = journal->lines; i-- > 0;) {
		if (journal->line[i].address == address)
			return &journal->line[i];
	}
	return NULL;
}

static struct journal_line *find_or_add(struct journal *journal, uint64_t address)
{
	struct journal_line *line = find(journal, address);
	if (line || journal->lines == JOURNAL_LINES)
		return line;
	line = &journal->line[journal->lines++];
	line->address = address;
	line->written = line->changed = 0;
	return line;
}

void journal_reset(struct journal *journal)
{
	journal->lines = 0;
}

bool journal_before(struct journal *journal, pid_t tid, const struct arch_range *store)
{
	struct arch_range rest = *store;
	struct piece piece;
	unsigned char now[JOURNAL_LINE];
	while (next_piece(&rest, &piece)) {
		struct journal_line *line = find_or_add(journal, piece.line);
		if (!line)
			return false;
		if ((line->written & piece.mask) == piece.mask)
			continue;
		ssize_t got = remote_read(tid, piece.line + piece.from, now, piece.size);
		if (got != (ssize_t)piece.size)
			return false;
		for (unsigned i = 0; i < piece.size; i++) {
			if (!(line->written >> (piece.from + i) & 1))
				line->old[piece.from + i] = now[i];
		}
		line->written |= piece.mask;
	}
	return true;
}

/* One bit for each byte of the piece that is not what it was. */
static bool differing(
	const struct journal_line *line, pid_t tid, const struct piece *piece, uint64_t *mask)
{
	unsigned char now[JOURNAL_LINE];
	ssize_t got = remote_read(tid, piece->line + piece->from, now, piece->size);
	if (got != (ssize_t)piece->size)
		return false;
	*mask = 0;
	for (unsigned i = piece->from; i < piece->from + piece->size; i++) {
		if (now[i - piece->from] != line->old[i])
			*mask |= UINT64_C(1) << i;
	}
	return true;
}

bool journal_after(struct journal *journal, pid_t tid, const struct arch_range *store)
{
	struct arch_range rest = *store;
	struct piece piece;
	uint64_t mask;
	while (next_piece(&rest, &piece)) {
		struct journal_line *line = find(journal, piece.line);
		if (!line || !differing(line, tid, &piece, &mask))
			return false;
		line->changed |= mask & piece.mask;
	}
	return true;
}

bool journal_is_undone(const struct journal *journal, pid_t tid)
{
	for (unsigned i = 0; i < journal->lines; i++) {
		const struct journal_line *line = &journal->line[i];
		/* Whole lines: pages end where lines end, so they can be read as a whole. */
		struct piece whole = {.line = line->address, .size = JOURNAL_LINE};
		uint64_t mask;
		if (!differing(line, tid, &whole, &mask) || mask & line->written)
			return false;
	}
	return true;
}

void journal_look_up(
	const struct journal *journal, const struct arch_range *range, bool *written, bool *changed)
{
	struct arch_range rest = *range;
	struct piece piece;
	*written = *changed = false;
	while (next_piece(&rest, &piece)) {
		for (unsigned i = 0; i < journal->lines; i++) {
			const struct journal_line *line = &journal->line[i];
			if (line->address != piece.line)
				continue;
			*written |= (line->written & piece.mask) != 0;
			*changed |= (line->changed & piece.mask) != 0;
		}
	}
}
