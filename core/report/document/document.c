#include "document.h"

#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more; the array doubles. NULL without memory, and the array is as it was. */
static void *grow(struct document *document, void *array, size_t count, size_t size)
{
	void *grown = array;
	if ((count & (count - 1)) == 0) /* 0 or a power of two: full */
		grown = realloc(array, (count ? 2 * count : 1) * size);
	document->failed |= !grown;
	return grown;
}

/* Clean text, for free(). */
__attribute__((format(printf, 2, 0))) static char *clean(
	struct document *document, const char *format, va_list arguments)
{
	char *text = NULL, *cleaned = NULL;
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	if (text)
		cleaned = malloc(strlen(text) + 1);
	if (cleaned)
		utf8_sanitize(cleaned, strlen(text) + 1, text, document->options->utf8);
	free(text);
	document->failed |= !cleaned;
	return cleaned;
}

static struct doc_block *add_block(struct document *document, struct block_style style)
{
	struct doc_block *block =
		grow(document, document->block, document->blocks, sizeof(*document->block));
	if (!block)
		return NULL;
	document->block = block;
	block += document->blocks++;
	*block = (struct doc_block){.style = style};
	return block;
}

void document_add(struct document *document, struct block_style style, const char *format, ...)
{
	va_list arguments;
	char *text;
	va_start(arguments, format);
	text = clean(document, format, arguments);
	va_end(arguments);

	struct doc_block *block =
		text && text[strspn(text, " ")] ? add_block(document, style) : NULL;
	if (block)
		block->text = text;
	else
		free(text);
}

__attribute__((format(printf, 2, 3))) static char *clean_text(
	struct document *document, const char *format, ...)
{
	va_list arguments;
	char *text;
	va_start(arguments, format);
	text = clean(document, format, arguments);
	va_end(arguments);
	return text;
}

static void free_table(struct doc_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; table->column && i < table->columns; i++)
		free((char *)table->column[i].heading);
	for (size_t i = 0; i < table->cells; i++)
		free(table->cell[i].text);
	free_table(table->narrower);
	free(table->column);
	free(table->cell);
	free(table);
}

static struct doc_table *new_table(
	struct document *document, const struct doc_column *column, size_t columns)
{
	struct doc_table *table = calloc(1, sizeof(*table));
	struct doc_column *copy = calloc(columns, sizeof(*copy));
	bool complete = table && copy;
	for (size_t i = 0; complete && i < columns; i++) {
		copy[i] = column[i];
		copy[i].heading = clean_text(document, "%s", column[i].heading);
		complete = copy[i].heading;
	}
	document->failed |= !complete;
	if (!table) {
		free(copy);
		return NULL;
	}
	*table = (struct doc_table){
		.document = document, .columns = columns, .column = copy, .key_separator = ", "};
	if (complete)
		return table;
	free_table(table);
	return NULL;
}

struct doc_table *document_table(
	struct document *document, const struct doc_column *column, size_t columns)
{
	struct doc_table *table = new_table(document, column, columns);
	struct doc_block *block =
		table ? add_block(document, (struct block_style){.kind = BLOCK_TABLE}) : NULL;
	if (block) {
		block->table = table;
		return table;
	}
	free_table(table);
	return NULL;
}

struct doc_table *table_narrower(
	struct doc_table *table, const struct doc_column *column, size_t columns)
{
	if (table)
		table->narrower = new_table(table->document, column, columns);
	return table ? table->narrower : NULL;
}

void table_cell(struct doc_table *table, enum block_tone tone, const char *format, ...)
{
	va_list arguments;
	struct doc_cell *cell;
	char *text;
	if (!table)
		return;
	va_start(arguments, format);
	text = clean(table->document, format, arguments);
	va_end(arguments);
	cell = text ? grow(table->document, table->cell, table->cells, sizeof(*cell)) : NULL;
	if (!cell) {
		free(text);
		return;
	}
	table->cell = cell;
	cell[table->cells++] = (struct doc_cell){text, tone};
}

void table_blank(struct doc_table *table, size_t cells)
{
	while (cells--)
		table_cell(table, TONE_PLAIN, "%s", "");
}

void table_line(struct doc_table *table, const char *format, ...)
{
	va_list arguments;
	struct doc_cell *cell;
	char *text, *both = NULL;
	if (!table || table->cells == 0)
		return;
	cell = &table->cell[table->cells - 1];
	va_start(arguments, format);
	text = clean(table->document, format, arguments);
	va_end(arguments);
	if (text && text[strspn(text, " ")]) {
		if (asprintf(&both, "%s%s%s", cell->text, *cell->text ? "\n" : "", text) < 0)
			table->document->failed = true;
		else {
			free(cell->text);
			cell->text = both;
		}
	}
	free(text);
}

size_t table_rows(const struct doc_table *table)
{
	return table->columns > 0 ? table->cells / table->columns : 0;
}

const char *table_text(const struct doc_table *table, size_t row, size_t column)
{
	const struct doc_cell *cell = &table->cell[row * table->columns + column];
	if (table->column[column].once && row > 0 &&
		strcmp(cell[0].text, cell[-(ptrdiff_t)table->columns].text) == 0)
		return "";
	return cell->text;
}

int document_write(FILE *out, struct document *document, enum output_format format)
{
	return format == OUTPUT_MARKDOWN ? document_write_markdown(out, document)
					 : document_write_text(out, document);
}

int document_end(FILE *out, struct document *document)
{
	bool failed = document->failed;
	for (size_t i = 0; i < document->blocks; i++) {
		free(document->block[i].text);
		free_table(document->block[i].table);
	}
	free(document->block);
	*document = (struct document){0};
	return failed ? -ENOMEM : ferror(out) ? -EIO : 0;
}
