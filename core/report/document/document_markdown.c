/* A document as GitHub's markdown: for an issue, a README, a lesson. */
#include "document.h"

#include <ctype.h>
#include <string.h>

struct markdown_state {
	FILE *out;
	enum block_kind before; /* of the block before this one */
	bool open;              /* a finding whose line has not ended */
	unsigned numbered, findings;
};

/* Words as they are: whatever markdown would take for markup is escaped. */
static void put(FILE *out, const char *text, size_t length)
{
	for (const char *c = text; c < text + length; c++) {
		if (strchr("\\`*_[]<>|~#&$", *c))
			(void)fputc('\\', out);
		(void)fputc(*c, out);
	}
}

static void put_text(FILE *out, const char *before, const char *text, const char *after)
{
	(void)fputs(before, out);
	put(out, text, strlen(text));
	(void)fputs(after, out);
}

static size_t longest_run(const char *text, char of)
{
	size_t longest = 0, run = 0;
	for (; *text; text++) {
		run = *text == of ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* Within a fence that is longer than any run of backticks in it. */
static void put_code(FILE *out, const char *code)
{
	size_t fence = longest_run(code, '`') + 1;
	const char *pad = fence > 1 ? " " : "";
	for (size_t i = 0; i < fence; i++)
		(void)fputc('`', out);
	(void)fprintf(out, "%s%s%s", pad, code, pad);
	for (size_t i = 0; i < fence; i++)
		(void)fputc('`', out);
}

static void put_cell(FILE *out, const char *text, enum block_tone tone)
{
	size_t strong = tone == TONE_BAD ? strcspn(text, " \n") : 0;
	const char *line = text + strong;
	if (strong > 0) {
		(void)fputs("**", out);
		put(out, text, strong);
		(void)fputs("**", out);
	}
	while (*line) {
		size_t length = strcspn(line, "\n");
		put(out, line, length);
		line += length;
		if (*line == '\n')
			(void)fputs("<br>", out);
		line += strspn(line, "\n ");
	}
}

static void put_table(FILE *out, const struct doc_table *table)
{
	(void)fputc('|', out);
	for (size_t i = 0; i < table->columns; i++)
		put_text(out, " ", table->column[i].heading, " |");
	(void)fputs("\n|", out);
	for (size_t i = 0; i < table->columns; i++)
		(void)fputs(table->column[i].right ? " ---: |" : " --- |", out);
	(void)fputc('\n', out);
	for (size_t row = 0; row < table_rows(table); row++) {
		const struct doc_cell *cell = &table->cell[row * table->columns];
		(void)fputc('|', out);
		for (size_t i = 0; i < table->columns; i++) {
			(void)fputc(' ', out);
			put_cell(out, table_text(table, row, i), cell[i].tone);
			(void)fputs(" |", out);
		}
		(void)fputc('\n', out);
	}
	(void)fputc('\n', out);
}

/* Within a finding's item of the list. */
static void put_evidence(FILE *out, const struct doc_block *block)
{
	const char *label = block->style.label;
	(void)fputs("<br>\n   ", out);
	if (label)
		(void)fprintf(out, "%c%s: ", toupper((unsigned char)*label), label + 1);
	if (block->style.kind == BLOCK_COMMAND)
		put_code(out, block->text);
	else
		put_text(out, "", block->text, "");
}

static bool is_evidence(const struct block_style *style)
{
	return style->kind == BLOCK_EVIDENCE || (style->kind == BLOCK_COMMAND && style->label);
}

/* Blocks of one line, between which there is no empty one. */
static bool is_line(enum block_kind kind)
{
	return kind == BLOCK_ITEM || kind == BLOCK_NUMBERED || kind == BLOCK_CODE ||
	       kind == BLOCK_COMMAND || kind == BLOCK_FINDING || kind == BLOCK_EVIDENCE;
}

static void put_line(struct markdown_state *state, const struct doc_block *block)
{
	FILE *out = state->out;
	switch (block->style.kind) {
	case BLOCK_ITEM:
		put_text(out, "- ", block->text, "\n");
		break;
	case BLOCK_NUMBERED:
		(void)fprintf(out, "%u. ", ++state->numbered);
		put_text(out, "", block->text, "\n");
		break;
	case BLOCK_FINDING:
		(void)fprintf(out, "%u. ", ++state->findings);
		put_text(out, "", block->text, ".");
		state->open = true;
		break;
	case BLOCK_CODE:
		(void)fprintf(out, "%s\n", block->text);
		break;
	default:
		(void)fprintf(out, "    %s\n", block->text);
	}
}

static void put_block(struct markdown_state *state, const struct doc_block *block)
{
	static const char *const marks[] = {[BLOCK_TITLE] = "# ",
		[BLOCK_HEADING] = "## ",
		[BLOCK_SUBHEADING] = "### ",
		[BLOCK_NOTE] = "> ",
		[BLOCK_PARAGRAPH] = ""};
	enum block_kind kind = block->style.kind;
	if (is_evidence(&block->style)) {
		put_evidence(state->out, block);
		return;
	}
	if (state->open)
		(void)fputc('\n', state->out);
	state->open = false;
	if (is_line(state->before) && kind != state->before)
		(void)fputc('\n', state->out);
	if (kind != BLOCK_NUMBERED)
		state->numbered = 0;
	if (is_line(kind))
		put_line(state, block);
	else if (kind == BLOCK_TABLE)
		put_table(state->out, block->table);
	else
		put_text(state->out, marks[kind], block->text, "\n\n");
	state->before = kind;
}

int document_write_markdown(FILE *out, struct document *document)
{
	struct markdown_state state = {.out = out};
	for (size_t i = 0; !document->failed && i < document->blocks; i++)
		if (document->block[i].style.audience != FOR_TEXT &&
			!document_is_empty(&document->block[i]))
			put_block(&state, &document->block[i]);
	if (state.open)
		(void)fputc('\n', out);
	return document_end(out, document);
}
