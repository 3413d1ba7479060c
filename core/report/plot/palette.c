#include "palette.h"

#include <stdbool.h>
#include <string.h>

static const char *const colours[] = {
	"#000000", "#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#7f7f7f"};
static const struct {
	int filled, open;
} marks[] = {{7, 6}, {5, 4}, {9, 8}, {13, 12}, {11, 10}, {15, 14}};
enum {
	COLOURS = sizeof(colours) / sizeof(colours[0]),
	MARKS = sizeof(marks) / sizeof(marks[0]),
	DASHES = 5,
};

/* Names whose style is the same in every drawing: their index. */
static const char *const well_known[] = {"glibc", "jemalloc", "mimalloc", "tcmalloc", "tbbmalloc",
	"scudo", "musl", "tcmalloc-minimal"};
enum { WELL_KNOWN = sizeof(well_known) / sizeof(well_known[0]) };

enum { UNASSIGNED = PALETTE_MAX };

static bool find(const struct palette *palette, const char *name, size_t *style)
{
	for (size_t i = 0; i < palette->count; i++)
		if (strcmp(palette->entry[i].name, name) == 0) {
			*style = palette->entry[i].style;
			return true;
		}
	return false;
}

void palette_add(struct palette *palette, const char *name)
{
	size_t style;
	if (palette->count == PALETTE_MAX || find(palette, name, &style))
		return;
	palette->entry[palette->count].name = name;
	palette->entry[palette->count++].style = UNASSIGNED;
}

static bool is_taken(const struct palette *palette, size_t style)
{
	for (size_t i = 0; i < palette->count; i++)
		if (palette->entry[i].style == style)
			return true;
	return false;
}

void palette_assign(struct palette *palette)
{
	size_t next = 0;
	for (size_t i = 0; i < palette->count; i++)
		for (size_t k = 0; k < WELL_KNOWN; k++)
			if (strcmp(well_known[k], palette->entry[i].name) == 0)
				palette->entry[i].style = k;
	for (size_t i = 0; i < palette->count; i++) {
		if (palette->entry[i].style != UNASSIGNED)
			continue;
		while (is_taken(palette, next))
			next++;
		palette->entry[i].style = next;
	}
}

struct plot_style palette_style(const struct palette *palette, const char *name)
{
	size_t style = 0;
	(void)find(palette, name, &style);
	return (struct plot_style){
		.colour = colours[style % COLOURS],
		.filled = marks[style % MARKS].filled,
		.open = marks[style % MARKS].open,
		.dash = (int)(style / COLOURS % DASHES) + 1,
	};
}
