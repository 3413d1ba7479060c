#include "document_grid.h"

#include "strbuf.h"
#include "utf8.h"
#include "wrap.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR "  "
enum { LIMIT_MIN = 10, CELL_MAX = 4096 };

const char *tone_color(enum block_tone tone)
{
	static const char *const colors[] = {
		[TONE_TITLE] = "\033[1m",
		[TONE_WARNING] = "\033[1;33m",
		[TONE_GOOD] = "\033[32m",
		[TONE_BAD] = "\033[31m",
		[TONE_UNDECIDED] = "\033[33m",
		[TONE_DIM] = "\033[2m",
	};

	return colors[tone];
}

static bool is_flexible(const struct doc_column *column)
{
	return column->wrap || column->cut > 0;
}

static bool is_shown(const struct grid *grid, size_t column)
{
	return grid->layout == GRID_FULL || !grid->table->column[column].optional;
}

/* As many whole words as fit, and a mark; of a single word its beginning. */
static void add_shortened(struct strbuf *line, const char *text, size_t limit)
{
	static const char mark[] = "...";
	size_t fitting = utf8_fit(text, limit);
	if (text[fitting] == '\0' || limit <= strlen(mark))
		strbuf_addf(line, "%.*s", (int)fitting, text);
	else
		strbuf_addf(line, "%.*s%s", (int)wrap_line(text, limit - strlen(mark)), text, mark);
}

/* The text of a cell as it is shown, its lines not wider than the column. */
static void fit_text(char out[CELL_MAX], const struct grid *grid, size_t row, size_t column)
{
	const struct doc_column *info = &grid->table->column[column];
	const char *text = table_text(grid->table, row, column);
	struct strbuf line = strbuf_init(out, CELL_MAX);
	size_t limit = is_flexible(info) ? grid->limit : 0;
	if (info->cut > 0 && (limit == 0 || limit > info->cut))
		limit = info->cut;
	if (limit == 0)
		strbuf_addf(&line, "%s", text);
	else if (!info->wrap)
		add_shortened(&line, text, limit);
	else
		for (const char *rest = text; *rest; rest += strspn(rest, " ")) {
			size_t length = wrap_line(rest, limit);
			strbuf_add_item(&line, 0, "\n", "%.*s", (int)length, rest);
			rest += length;
		}
}

static int add_column(struct libscols_table *table, const struct doc_column *info, bool headless)
{
	struct libscols_column *column =
		scols_table_new_column(table, headless ? "" : info->heading, 0,
			SCOLS_FL_WRAP | (info->right ? SCOLS_FL_RIGHT : 0));
	return column && scols_column_set_safechars(column, "\n") == 0 &&
			       scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
				       scols_wrapnl_nextchunk, NULL) == 0 &&
			       scols_cell_set_color(
				       scols_column_get_header(column), tone_color(TONE_TITLE)) == 0
		       ? 0
		       : -ENOMEM;
}

static int add_row(struct libscols_table *table, const struct grid *grid, size_t row)
{
	const struct doc_cell *cell = &grid->table->cell[row * grid->table->columns];
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[CELL_MAX];
	for (size_t i = 0, shown = 0; line && i < grid->table->columns; i++) {
		if (!is_shown(grid, i))
			continue;

		struct libscols_cell *to = scols_line_get_cell(line, shown++);
		const char *color = tone_color(cell[i].tone);

		fit_text(text, grid, row, i);
		if (scols_cell_set_data(to, text) != 0 ||
			(color && scols_cell_set_color(to, color) != 0))
			return -ENOMEM;
	}
	return line ? 0 : -ENOMEM;
}

/* The grid as text, for free(); NULL without memory. */
static char *render(const struct grid *grid, bool color)
{
	struct libscols_table *table = scols_new_table();
	int status = table && scols_table_set_column_separator(table, SEPARATOR) == 0 ? 0 : -ENOMEM;
	char *text = NULL;
	for (size_t i = 0; status == 0 && i < grid->table->columns; i++)
		if (is_shown(grid, i))
			status = add_column(table, &grid->table->column[i], grid->table->headless);
	for (size_t i = 0; status == 0 && i < table_rows(grid->table); i++)
		status = add_row(table, grid, i);
	if (status == 0) {
		(void)scols_table_enable_colors(table, color);
		(void)scols_table_enable_noheadings(table, grid->table->headless);
		(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER); /* no limit */
		if (scols_print_table_to_string(table, &text) != 0)
			text = NULL;
	}
	scols_unref_table(table);
	return text;
}

static size_t text_width(const char *text)
{
	size_t most = 0;
	while (*text) {
		size_t length = strcspn(text, "\n"), columns = utf8_columns(text, length);
		most = columns > most ? columns : most;
		text += length + (text[length] == '\n');
	}
	return most;
}

size_t grid_width(const struct grid *grid)
{
	char *text = render(grid, false);
	size_t width = text ? text_width(text) : SIZE_MAX;
	free(text);
	return width;
}

/* How wide the columns may be that can be cut, for the grid to fit. */
static size_t fitting_limit(const struct grid *grid, size_t width)
{
	size_t widest = 0, whole = grid_width(grid);
	char text[CELL_MAX];
	for (size_t i = 0; i < grid->table->cells; i++) {
		size_t column = i % grid->table->columns, columns;
		if (!is_flexible(&grid->table->column[column]))
			continue;
		fit_text(text, grid, i / grid->table->columns, column);
		columns = text_width(text);
		widest = columns > widest ? columns : widest;
	}
	if (whole <= width)
		return 0;
	return widest > whole - width + LIMIT_MIN ? widest - (whole - width) : LIMIT_MIN;
}

static bool has_layout(const struct doc_table *table, size_t layout)
{
	bool optional = false, flexible = false;
	for (size_t i = 0; i < table->columns; i++) {
		optional |= table->column[i].optional;
		flexible |= is_flexible(&table->column[i]);
	}
	return layout == GRID_FULL || (layout == GRID_BRIEF && optional) ||
	       (layout == GRID_CUT && flexible);
}

struct grid grid_at(const struct doc_table *table, size_t n, size_t width)
{
	for (; table; table = table->narrower)
		for (size_t layout = 0; layout < GRID_LAYOUTS; layout++) {
			struct grid grid = {table, (enum grid_layout)layout, 0};
			if (!has_layout(table, layout) || n-- > 0)
				continue;
			if (layout == GRID_CUT)
				grid.limit = fitting_limit(&grid, width);
			return grid;
		}
	return (struct grid){0};
}

/* Where a line's last visible character ends. libsmartcols pads within the colours. */
static size_t visible_end(const char *text, size_t length)
{
	size_t end = 0;
	for (size_t i = 0; i < length;) {
		if (text[i] == '\033') {
			i += strcspn(text + i, "m") + 1;
			continue;
		}
		if (text[i++] != ' ')
			end = i;
	}
	return end;
}

/* Prints a line without the blanks at its end; a colour that was to end behind them ends here. */
static void print_line(FILE *out, const char *text, size_t length)
{
	size_t end = visible_end(text, length);
	bool colored = memchr(text + end, '\033', length - end);
	(void)fprintf(out, "%.*s%s\n", (int)end, text, colored ? COLOR_END : "");
}

int grid_print(FILE *out, const struct grid *grid, bool utf8, bool color)
{
	char *text = render(grid, color);
	size_t rule = grid->table->headless ? 0 : grid_width(grid);
	if (!text || rule == SIZE_MAX) {
		free(text);
		return -ENOMEM;
	}
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		print_line(out, line, length);
		for (size_t i = 0; i < rule; i++)
			(void)fputs(utf8 ? "─" : "-", out);
		if (rule > 0)
			(void)fputc('\n', out);
		rule = 0;
		line += length + (line[length] == '\n');
	}
	free(text);
	return 0;
}
