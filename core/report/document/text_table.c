#include "text_table.h"

#include "color.h"
#include "model.h"
#include "utf8.h"

#include <errno.h>
#include <string.h>

#define SEPARATOR "  "

struct libscols_table *text_table_new(const char *const *headings, size_t count, bool utf8)
{
	struct libscols_table *table = scols_new_table();

	if (!table || scols_table_set_column_separator(table, SEPARATOR) != 0)
		goto fail;
	for (size_t i = 0; i < count; i++) {
		char heading[MODEL_NAME_MAX];
		struct libscols_column *column;

		utf8_sanitize(heading, sizeof(heading), headings[i], utf8);
		column = scols_table_new_column(table, heading, 0, SCOLS_FL_WRAP);
		if (!column || scols_column_set_safechars(column, "\n") != 0 ||
			scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
				scols_wrapnl_nextchunk, NULL) != 0 ||
			scols_cell_set_color(scols_column_get_header(column), COLOR_TITLE) != 0)
			goto fail;
	}
	return table;
fail:
	scols_unref_table(table);
	return NULL;
}

int text_table_set(struct libscols_line *row, size_t column, const char *text, const char *color)
{
	struct libscols_cell *cell = scols_line_get_cell(row, column);

	if (scols_cell_set_data(cell, text) != 0)
		return -ENOMEM;
	return color && scols_cell_set_color(cell, color) != 0 ? -ENOMEM : 0;
}

char *text_table_render(struct libscols_table *table, bool color)
{
	char *text = NULL;

	(void)scols_table_enable_colors(table, color);
	(void)scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER); /* no limit */
	return scols_print_table_to_string(table, &text) == 0 ? text : NULL;
}

size_t text_table_width(const char *text)
{
	size_t most = 0;

	while (*text) {
		size_t length = strcspn(text, "\n"), columns = utf8_columns(text, length);

		most = columns > most ? columns : most;
		text += length + (text[length] == '\n');
	}
	return most;
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
static void print_line(const struct text_out *text_out, const char *text, size_t length)
{
	size_t end = visible_end(text, length);
	bool colored = memchr(text + end, '\033', length - end);

	(void)fprintf(text_out->out, "%.*s%s\n", (int)end, text, colored ? COLOR_END : "");
}

void text_table_print(const struct text_out *text_out, const char *text, size_t rule)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		print_line(text_out, text, length);
		for (size_t i = 0; i < rule; i++)
			(void)fputs(text_out->utf8 ? "─" : "-", text_out->out);
		if (rule > 0)
			(void)fputc('\n', text_out->out);
		rule = 0;
		text += length + (text[length] == '\n');
	}
}
