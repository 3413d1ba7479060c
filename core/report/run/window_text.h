/* The windows of a sweep as rows of words. Strings of the report are not cleaned here (utf8.h). */
#ifndef FORKLAB_WINDOW_TEXT_H
#define FORKLAB_WINDOW_TEXT_H

#include "model.h"

enum {
	WINDOW_POINTS,
	WINDOW_VERDICT,
	WINDOW_STEP,
	WINDOW_CALL,
	WINDOW_WORKER,
	WINDOW_LOCK,
	WINDOW_WAITER,
	WINDOW_COLUMNS,
	WINDOW_MAX = 3 * MODEL_TEXT_MAX,
};

/* What stands above the columns. */
extern const char *const window_headings[WINDOW_COLUMNS];

/* What stands in a column: "210-230", "deadlock", "free-others", "malloc(1500)", ... */
void window_format(char out[WINDOW_MAX], const struct window *window, int column);

/* A window in one sentence. */
void window_sentence(char out[4 * WINDOW_MAX], const struct window *window);

/* That there were more windows than are kept; "" when there were not. */
void window_text_lost(char out[WINDOW_MAX], const struct cell *sweep);

#endif
