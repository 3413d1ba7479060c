#include "color.h"

#include "format.h"

#define GREEN  "\033[32m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"

static const char *const inks[VERDICT_COUNT] = {
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

const char *ink_of(const struct cell *cell)
{
	return word_was_run(cell) ? inks[cell->verdict] : DIM;
}
