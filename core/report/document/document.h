/*
 * What a command has to say to people: headings, paragraphs, lists, tables. A report is described
 * once; each back end (document_text.c, document_markdown.c) writes it in its own way.
 *
 * Text is cleaned (utf8.h) as it is added, so strings of other programs need no care. A failed
 * allocation is remembered; the writer returns it.
 */
#pragma once

#include "output_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct print_options {
	bool color;
	unsigned width; /* of the terminal, in columns; 0: not a terminal, no limit */
	bool utf8;      /* what is printed may hold more than ASCII */
	bool quiet;     /* text only: the tables and the warnings, nothing else */
	bool brief;     /* text of a run only: the decision in one screen */
};

enum block_kind {
	BLOCK_PARAGRAPH,
	BLOCK_TITLE,
	BLOCK_HEADING, /* text: after an empty line */
	BLOCK_SUBHEADING,
	BLOCK_NOTE, /* a warning */
	BLOCK_ITEM,
	BLOCK_NUMBERED, /* one of a list, which ends at the next block of another kind */
	BLOCK_CODE,     /* a line as it is; begins with four blanks */
	BLOCK_COMMAND,  /* for a shell; text: broken with a backslash on a terminal */
	BLOCK_FINDING,  /* numbered through the document */
	BLOCK_EVIDENCE, /* of the finding above */
	BLOCK_TABLE,
};

enum block_tone {
	TONE_PLAIN,
	TONE_TITLE,
	TONE_WARNING,
	TONE_GOOD,
	TONE_BAD, /* markdown: the first word is bold */
	TONE_UNDECIDED,
	TONE_DIM,
};

enum block_audience { FOR_ALL, FOR_TEXT, FOR_MARKDOWN };

struct block_style {
	enum block_kind kind;
	enum block_tone tone;
	enum block_audience audience;
	bool detail;           /* text: left out when quiet */
	bool gap;              /* text: after an empty line */
	unsigned indent, hang; /* text: columns before the first line; more before the others */
	const char *label;     /* "facts": before a finding's evidence or command; a literal */
};

struct doc_column {
	const char *heading;
	bool right;    /* aligned to the right */
	bool key;      /* says what the row is about */
	bool unit;     /* a key that a paragraph names: "4 threads" */
	bool bare;     /* a value that needs no heading in a paragraph */
	bool optional; /* text: the first to be left out on a narrow terminal */
	bool once;     /* empty where the row above has the same */
	bool wrap;     /* text: broken into lines on a narrow terminal */
	unsigned cut;  /* text: at most so many columns, fewer on a narrow terminal; 0: no limit */
};

struct doc_cell {
	char *text; /* lines, separated by '\n' */
	enum block_tone tone;
};

struct doc_table {
	struct document *document;
	size_t columns;
	struct doc_column *column;
	size_t cells; /* row after row */
	struct doc_cell *cell;
	unsigned group;             /* text: tables of one group have one layout; 0: none */
	bool headless;              /* text: no headings */
	const char *key_separator;  /* between the keys of a paragraph */
	struct doc_table *narrower; /* text: shown instead where this one does not fit */
};

struct doc_block {
	struct block_style style;
	char *text;
	struct doc_table *table;
};

struct document {
	const struct print_options *options; /* must outlive the document */
	bool failed;
	size_t blocks;
	struct doc_block *block;
};

/* Adds a block; nothing if its text is empty. */
void document_add(struct document *document, struct block_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define document_block(document, block_kind, ...)                                                  \
	document_add(document, (struct block_style){.kind = (block_kind)}, __VA_ARGS__)
#define document_detail(document, block_kind, ...)                                                 \
	document_add(                                                                              \
		document, (struct block_style){.kind = (block_kind), .detail = true}, __VA_ARGS__)

/*
 * Adds a table with these columns, to be filled cell by cell, or for another table a narrower one
 * that says the same. NULL without memory, which the functions below take.
 */
struct doc_table *document_table(
	struct document *document, const struct doc_column *column, size_t columns);
struct doc_table *table_narrower(
	struct doc_table *table, const struct doc_column *column, size_t columns);

/* Adds the next cell of the row, or the first one of the next row. */
void table_cell(struct doc_table *table, enum block_tone tone, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds so many empty cells. */
void table_blank(struct doc_table *table, size_t cells);

/* Adds a line to the last cell; nothing if it is empty. */
void table_line(struct doc_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The rows that are complete. */
size_t table_rows(const struct doc_table *table);

/* What stands in a cell: "" where the column says a thing once and the row above has said it. */
const char *table_text(const struct doc_table *table, size_t row, size_t column);

/* A table without rows. */
static inline bool document_is_empty(const struct doc_block *block)
{
	return block->table && block->table->cells == 0;
}

/*
 * Write the document and release it. LC_CTYPE must be set, a UTF-8 one if the options say utf8.
 * 0, -ENOMEM, or -EIO when the stream had an error.
 */
typedef int document_writer(FILE *out, struct document *document);
document_writer document_write_text, document_write_markdown;

/* As Markdown for OUTPUT_MARKDOWN, else as text. */
int document_write(FILE *out, struct document *document, enum output_format format);

/* Releases the document; what its writer returns. */
int document_end(FILE *out, struct document *document);
