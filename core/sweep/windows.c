#include "windows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WINDOWS_FIRST = 16 };

static int make_room(struct windows *windows)
{
	struct sweep *sweep = windows->sweep;
	size_t capacity = windows->capacity ? 2 * windows->capacity : WINDOWS_FIRST;
	if (sweep->windows < windows->capacity)
		return 0;
	struct window *window = realloc(sweep->window, capacity * sizeof(*window));
	if (!window)
		return -ENOMEM;
	sweep->window = window;
	windows->capacity = capacity;
	return 0;
}

static void copy(char *text, size_t size, const char *from)
{
	snprintf(text, size, "%s", from ? from : "");
}

static void describe(struct window *window, const struct point_result *result)
{
	const struct finding *finding = result->finding;
	window->call = result->call;
	copy(window->worker, sizeof(window->worker), result->worker);
	if (!finding)
		return;
	window->step = finding->step;
	copy(window->step_name, sizeof(window->step_name), finding->step_name);
	window->owner = finding->owner;
	window->lock_origin = finding->lock_origin;
	copy(window->lock, sizeof(window->lock),
		*finding->lock_variable ? finding->lock_variable : finding->lock);
	copy(window->waiter, sizeof(window->waiter), finding->waiter);
}

static int open_window(struct windows *windows, const struct point_result *result)
{
	struct sweep *sweep = windows->sweep;
	windows->kept = sweep->windows < WINDOWS_MAX;
	if (windows->kept) {
		if (make_room(windows) != 0)
			return -ENOMEM;
		struct window *window = &sweep->window[sweep->windows++];
		*window = (struct window){.first = result->point,
			.first_instruction = result->instruction,
			.verdict = result->verdict};
		describe(window, result);
	} else {
		sweep->windows_lost++;
	}
	windows->open = true;
	windows->verdict = result->verdict;
	windows->left_out = 0;
	return 0;
}

/* Points left out at the edge do not belong to the window: it ends at the first of them. */
static void close_window(struct windows *windows, uint64_t next_instruction)
{
	struct sweep *sweep = windows->sweep;
	if (windows->open && windows->kept)
		sweep->window[sweep->windows - 1].end_instruction =
			windows->left_out ? windows->left_out_from : next_instruction;
	windows->open = false;
}

/* The point belongs to the open window, as do those left out before it. */
static void extend(struct windows *windows, const struct point_result *result)
{
	if (windows->kept) {
		struct window *window = &windows->sweep->window[windows->sweep->windows - 1];
		window->last = result->point;
		window->proven += result->proven;
		window->left_out += windows->left_out;
	}
	windows->left_out = 0;
}

static int add_tried(struct windows *windows, const struct point_result *result)
{
	if (!windows->open || windows->verdict != result->verdict)
		close_window(windows, result->instruction);
	if (verdict_is_bad(result->verdict)) {
		if (!windows->open && open_window(windows, result) != 0)
			return -ENOMEM;
		extend(windows, result);
	}
	windows->sweep->tried++;
	return 0;
}

static void add_waited(struct windows *windows, const struct point_result *result)
{
	close_window(windows, result->instruction);
	windows->sweep->waited++;
}

static void add_left_out(struct windows *windows, const struct point_result *result)
{
	if (windows->left_out++ == 0)
		windows->left_out_from = result->instruction;
	windows->sweep->left_out++;
}

int windows_add(struct windows *windows, const struct point_result *result)
{
	if (result->outcome == POINT_WAITED)
		add_waited(windows, result);
	else if (result->outcome == POINT_LEFT_OUT)
		add_left_out(windows, result);
	else if (add_tried(windows, result) != 0)
		return -ENOMEM;
	windows->sweep->points++;
	return 0;
}

void windows_finish(struct windows *windows, uint64_t end_instruction)
{
	close_window(windows, end_instruction);
}
