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

static void add_points(struct strbuf *line, const struct window *window)
{
	strbuf_addf(line, "%u", window->first);
	if (window->last > window->first)
		strbuf_addf(line, "-%u", window->last);
	if (window->left_out > 0)
		strbuf_addf(line, " (%u left out)", window->left_out);
}

/* A hang is proven unless it says otherwise. */
static void add_verdict(struct strbuf *line, const struct window *window)
{
	uint32_t tried = window->last - window->first + 1 - window->left_out;

	strbuf_addf(line, "%s", verdict_name(window->verdict));
	if (is_hang(window->verdict) && window->proven == 0)
		strbuf_addf(line, " (no proof)");
	else if (is_hang(window->verdict) && window->proven < tried)
		strbuf_addf(line, " (%u proven)", window->proven);
}

static void add_lock(struct strbuf *line, const struct window *window)
{
	strbuf_addf(line, "%s", window->lock);
	if (*window->owner)
		strbuf_add_item(line, 0, ", ", "held by %s", window->owner);
}

void window_format(char out[WINDOW_MAX], const struct window *window, int column)
{
	struct strbuf line = strbuf_init(out, WINDOW_MAX);

	switch (column) {
	case WINDOW_POINTS:
		add_points(&line, window);
		break;
	case WINDOW_VERDICT:
		add_verdict(&line, window);
		break;
	case WINDOW_STEP:
		strbuf_addf(&line, "%s", window->step);
		break;
	case WINDOW_CALL:
		strbuf_addf(&line, "%s", window->call);
		break;
	case WINDOW_WORKER:
		strbuf_addf(&line, "%s", window->worker);
		break;
	case WINDOW_LOCK:
		add_lock(&line, window);
		break;
	default:
		strbuf_addf(&line, "%s", window->waiter);
	}
}

void window_sentence(char out[4 * WINDOW_MAX], const struct window *window)
{
	struct strbuf line = strbuf_init(out, 4 * (size_t)WINDOW_MAX);
	char words[WINDOW_MAX];

	add_points(&line, window);
	strbuf_addf(&line, ": ");
	add_verdict(&line, window);
	for (int column = WINDOW_STEP; column < WINDOW_COLUMNS; column++) {
		window_format(words, window, column);
		if (*words)
			strbuf_addf(&line, "; %s %s", window_headings[column], words);
	}
}

void window_text_lost(char out[WINDOW_MAX], const struct cell *sweep)
{
	struct strbuf line = strbuf_init(out, WINDOW_MAX);
	uint32_t lost = sweep->sweep.windows_lost;

	if (lost > 0)
		strbuf_addf(&line, "and %u more window%s, of which only the points are counted",
			lost, lost == 1 ? "" : "s");
}
