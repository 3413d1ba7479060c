#include "window_text.h"

#include "strbuf.h"

#include <string.h>

const char *const window_headings[WINDOW_COLUMNS] = {
	[WINDOW_POINTS] = "points",
	[WINDOW_VERDICT] = "verdict",
	[WINDOW_STEP] = "child's step",
	[WINDOW_CALL] = "worker in",
	[WINDOW_WORKER] = "worker at",
	[WINDOW_LOCK] = "lock",
	[WINDOW_WAITER] = "stuck at",
};

static bool is_hang(enum verdict verdict)
{
	return verdict == VERDICT_DEADLOCK || verdict == VERDICT_LIVELOCK ||
	       verdict == VERDICT_PARENT_DEADLOCK;
}

static void add_points(struct line *line, const struct window *window)
{
	line_add(line, "%u", window->first);
	if (window->last > window->first)
		line_add(line, "-%u", window->last);
	if (window->left_out > 0)
		line_add(line, " (%u left out)", window->left_out);
}

/* A hang is proven unless it says otherwise. */
static void add_verdict(struct line *line, const struct window *window)
{
	uint32_t tried = window->last - window->first + 1 - window->left_out;

	line_add(line, "%s", verdict_name(window->verdict));
	if (is_hang(window->verdict) && window->proven == 0)
		line_add(line, " (no proof)");
	else if (is_hang(window->verdict) && window->proven < tried)
		line_add(line, " (%u proven)", window->proven);
}

static void add_lock(struct line *line, const struct window *window)
{
	line_add(line, "%s", window->lock);
	if (*window->holder)
		line_add_item(line, 0, ", ", "held by %s", window->holder);
}

void window_words(char out[WINDOW_MAX], const struct window *window, int column)
{
	struct line line = line_in(out, WINDOW_MAX);

	switch (column) {
	case WINDOW_POINTS:
		add_points(&line, window);
		break;
	case WINDOW_VERDICT:
		add_verdict(&line, window);
		break;
	case WINDOW_STEP:
		line_add(&line, "%s", window->step);
		break;
	case WINDOW_CALL:
		line_add(&line, "%s", window->call);
		break;
	case WINDOW_WORKER:
		line_add(&line, "%s", window->worker);
		break;
	case WINDOW_LOCK:
		add_lock(&line, window);
		break;
	default:
		line_add(&line, "%s", window->waiter);
	}
}

void window_sentence(char out[4 * WINDOW_MAX], const struct window *window)
{
	struct line line = line_in(out, 4 * (size_t)WINDOW_MAX);
	char words[WINDOW_MAX];

	add_points(&line, window);
	line_add(&line, ": ");
	add_verdict(&line, window);
	for (int column = WINDOW_STEP; column < WINDOW_COLUMNS; column++) {
		window_words(words, window, column);
		if (*words)
			line_add(&line, "; %s %s", window_headings[column], words);
	}
}

void window_lost(char out[WINDOW_MAX], const struct cell *sweep)
{
	struct line line = line_in(out, WINDOW_MAX);
	uint32_t lost = sweep->sweep.windows_lost;

	if (lost > 0)
		line_add(&line, "and %u more window%s, of which only the points are counted", lost,
			lost == 1 ? "" : "s");
}
