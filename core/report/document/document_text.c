/* A document for people, on a terminal or in a file. */
#include "document.h"
#include "document_grid.h"
#include "strbuf.h"
#include "utf8.h"
#include "wrap.h"

#include <string.h>

enum {
	WIDTH_WITHOUT_TERMINAL = 100,
	WIDTH_MIN = 40, /* a narrower terminal is taken for one of that width */
	PREFIX_MAX = 64,
	EVIDENCE_COLUMNS = 12,
	ITEM_HANG = 4,
};

struct text_state {
	struct text_out text_out;
	const struct document *document;
	bool begun;
	unsigned numbered, findings;
};

/* ---- Tables ---- */

static bool fits(const struct text_state *state, const struct grid *grid)
{
	return !grid->table || state->document->options->width == 0 ||
	       grid_width(grid) <= state->text_out.width;
}

/* The first layout that fits, from the n-th on. */
static size_t fitting_layout(
	const struct text_state *state, const struct doc_table *table, size_t n)
{
	struct grid grid = grid_at(table, n, state->text_out.width);
	while (!fits(state, &grid))
		grid = grid_at(table, ++n, state->text_out.width);
	return n;
}

/* In which all tables of the group fit. */
static size_t common_layout(const struct text_state *state, const struct doc_table *table)
{
	size_t n = 0;
	if (table->group == 0)
		return fitting_layout(state, table, n);
	for (size_t i = 0; i < state->document->blocks; i++) {
		const struct doc_table *other = state->document->block[i].table;
		if (other && other->group == table->group)
			n = fitting_layout(state, other, n);
	}
	return n;
}

/* Adds a cell to the paragraph of its row: "32 MiB, 4 threads: p50 3 ms; p99 5 ms". */
static void add_cell(struct strbuf *line, const struct doc_table *table, size_t i, bool after_key)
{
	const struct doc_column *column = &table->column[i % table->columns];
	const char *begin = line->used == 0 ? ""
			    : column->key   ? table->key_separator
			    : after_key     ? ": "
			    : column->bare  ? ", "
					    : "; ";
	strbuf_addf(line, "%s%s%s", begin, column->key || column->bare ? "" : column->heading,
		column->key || column->bare || !*column->heading ? "" : " ");
	for (const char *text = table->cell[i].text; *text;) {
		size_t length = strcspn(text, "\n");
		if (strspn(text, " ") < length)
			strbuf_addf(line, "%.*s%s", (int)length, text, text[length] ? ", " : "");
		text += length + (text[length] == '\n');
	}
	if (column->unit)
		strbuf_addf(line, " %s", column->heading);
}

/* For paper that is too narrow for any layout: a paragraph for each row. */
static void print_rows(const struct text_state *state, const struct doc_table *table)
{
	char text[WRAP_TEXT_MAX];
	for (size_t row = 0; row < table_rows(table); row++) {
		struct strbuf line = strbuf_init(text, sizeof(text));
		enum block_tone tone = TONE_PLAIN;
		bool after_key = true;
		for (size_t i = row * table->columns; i < (row + 1) * table->columns; i++) {
			tone = tone == TONE_PLAIN ? table->cell[i].tone : tone;
			if (!*table->cell[i].text)
				continue;
			add_cell(&line, table, i, after_key);
			after_key = table->column[i % table->columns].key;
		}
		wrap_print(&state->text_out,
			&(struct paragraph_style){.rest = "    ", .color = tone_color(tone)}, text);
	}
}

static int print_table(const struct text_state *state, const struct doc_table *table)
{
	struct grid grid = grid_at(table, common_layout(state, table), state->text_out.width);
	if (grid.table)
		return grid_print(
			state->text_out.out, &grid, state->text_out.utf8, state->text_out.color);
	while (table->narrower)
		table = table->narrower;
	print_rows(state, table);
	return 0;
}

/* ---- Paragraphs ---- */

/* What stands before the first line of a block, and how many blanks before the others. */
static size_t put_prefix(
	char first[PREFIX_MAX], struct text_state *state, const struct block_style *style)
{
	int indent = (int)style->indent;
	const char *label = style->label;
	switch (style->kind) {
	case BLOCK_ITEM:
		(void)snprintf(first, PREFIX_MAX, "%*s- ", indent, "");
		break;
	case BLOCK_NUMBERED:
		(void)snprintf(first, PREFIX_MAX, "%*s%u. ", indent, "", ++state->numbered);
		break;
	case BLOCK_FINDING:
		(void)snprintf(first, PREFIX_MAX, "[%u] ", ++state->findings);
		return ITEM_HANG;
	case BLOCK_EVIDENCE:
	case BLOCK_COMMAND:
		if (label)
			(void)snprintf(
				first, PREFIX_MAX, "    %-*s", EVIDENCE_COLUMNS - ITEM_HANG, label);
		else
			(void)snprintf(first, PREFIX_MAX, "%*s", indent ? indent : ITEM_HANG, "");
		return strlen(first) + style->hang;
	default:
		(void)snprintf(first, PREFIX_MAX, "%*s", indent, "");
	}
	return strlen(first) + style->hang;
}

static void print_paragraph(struct text_state *state, const struct doc_block *block)
{
	struct text_out text_out = state->text_out;
	const struct block_style *style = &block->style;
	bool command = style->kind == BLOCK_COMMAND, note = style->kind == BLOCK_NOTE,
	     title = style->kind == BLOCK_TITLE || style->kind == BLOCK_HEADING ||
		     style->kind == BLOCK_SUBHEADING;
	enum block_tone tone = title ? TONE_TITLE : note ? TONE_WARNING : style->tone;
	char first[PREFIX_MAX], rest[PREFIX_MAX];
	size_t blanks = put_prefix(first, state, style);
	(void)snprintf(rest, sizeof(rest), "%*s", (int)blanks, "");
	/* In a file a command stays on its line; broken on a terminal, it can still be copied. */
	if (command && state->document->options->width == 0)
		text_out.width = WRAP_TEXT_MAX;
	wrap_print(&text_out,
		&(struct paragraph_style){.first = first,
			.rest = rest,
			.tail = command ? " \\" : NULL,
			.color = tone_color(tone)},
		block->text);
}

static int print_block(struct text_state *state, const struct doc_block *block)
{
	const struct block_style *style = &block->style;
	FILE *out = state->text_out.out;
	bool gap = style->gap || style->kind == BLOCK_HEADING || style->kind == BLOCK_SUBHEADING;
	if (gap && state->begun)
		(void)fputc('\n', out);
	state->begun = true;
	if (style->kind != BLOCK_NUMBERED)
		state->numbered = 0;
	if (style->kind == BLOCK_TABLE)
		return print_table(state, block->table);
	if (style->kind == BLOCK_CODE)
		(void)fprintf(out, "%s\n", block->text);
	else
		print_paragraph(state, block);
	return 0;
}

int document_write_text(FILE *out, struct document *document)
{
	const struct print_options *options = document->options;
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	struct text_state state = {
		.text_out = {out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8,
			options->color},
		.document = document,
	};
	for (size_t i = 0; !document->failed && i < document->blocks; i++) {
		const struct doc_block *block = &document->block[i];
		if (block->style.audience == FOR_MARKDOWN || document_is_empty(block) ||
			(options->quiet && block->style.detail))
			continue;
		document->failed = print_block(&state, block) != 0;
	}
	return document_end(out, document);
}
