#include "color.h"

#include "format.h"

#define GREEN  "\033[32m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"

static const char *const verdict_colors[VERDICT_COUNT] = {
	[VERDICT_OK] = GREEN,
	[VERDICT_DEADLOCK] = RED,
	[VERDICT_LIVELOCK] = RED,
	[VERDICT_CRASH] = RED,
	[VERDICT_CORRUPTION] = RED,
	[VERDICT_PARENT_DEADLOCK] = RED,
	[VERDICT_REFUSED] = YELLOW,
	[VERDICT_UNKNOWN] = YELLOW,
	[VERDICT_SKIPPED] = DIM,
	[VERDICT_BROKEN] = DIM,
};

const char *verdict_color(const struct cell *cell)
{
	return cell_was_run(cell) ? verdict_colors[cell->verdict] : DIM;
}
