/* An audit as GitHub's tables. */
#include "audit_print.h"
#include "utf8.h"

#include <errno.h>
#include <string.h>

struct audit_markdown {
	FILE *out;
	bool utf8;
};

static void put(const struct audit_markdown *document, const char *words)
{
	char clean[MODEL_TEXT_MAX * 2];

	utf8_sanitize(clean, sizeof(clean), words, document->utf8);
	for (const char *c = clean; *c; c++) {
		if (strchr("\\`*_[]<>|~#&$", *c))
			(void)fputc('\\', document->out);
		(void)fputc(*c, document->out);
	}
}

static int put_row(void *context, const struct audit_row *row)
{
	const struct audit_markdown *document = context;

	(void)fputc('|', document->out);
	for (int column = 0; column < AUDIT_COLUMNS; column++) {
		(void)fputc(' ', document->out);
		put(document, row->text[column]);
		(void)fputs(" |", document->out);
	}
	(void)fputc('\n', document->out);
	return 0;
}

static void put_handlers(struct audit_markdown *document, const struct audit_report *list)
{
	(void)fputc('|', document->out);
	for (int column = 0; column < AUDIT_COLUMNS; column++)
		(void)fprintf(document->out, " %s |", audit_headings[column]);
	(void)fputs("\n|", document->out);
	for (int column = 0; column < AUDIT_COLUMNS; column++)
		(void)fputs(
			column < AUDIT_COLUMN_INSTRUCTIONS ? " --- |" : " ---: |", document->out);
	(void)fputc('\n', document->out);
	for (size_t i = 0; i < list->audits; i++)
		(void)audit_rows(&list->audit[i], put_row, document);
	(void)fputc('\n', document->out);
	put(document, audit_legend());
	(void)fputs("\n\n", document->out);
}

static void put_registrations(
	const struct audit_markdown *document, const struct audit_report *list)
{
	char words[AUDIT_TEXT_MAX];

	(void)fputs("## How they were registered\n\n", document->out);
	for (size_t i = 0; i < list->audits; i++)
		for (uint32_t k = 0; k < list->audit[i].registrations; k++) {
			audit_registration_text(words, &list->audit[i], k);
			if (*words == '\0')
				continue;
			(void)fputs("- ", document->out);
			put(document, words);
			(void)fputc('\n', document->out);
		}
	(void)fputc('\n', document->out);
}

static void put_conclusions(const struct audit_markdown *document, const struct audit_report *list)
{
	(void)fputs("| allocator | atfork |\n| --- | --- |\n", document->out);
	for (size_t i = 0; i < list->audits; i++) {
		(void)fputs("| ", document->out);
		put(document, list->audit[i].allocator);
		(void)fputs(" | ", document->out);
		put(document, list->audit[i].sentence);
		(void)fputs(" |\n", document->out);
	}
}

int audit_print_markdown(
	FILE *out, const struct audit_report *list, const struct print_options *options)
{
	struct audit_markdown document = {out, options->utf8};

	(void)fputs("# forklab: the atfork handlers in force\n\n", out);
	put_handlers(&document, list);
	put_registrations(&document, list);
	put_conclusions(&document, list);
	if (list->partial)
		(void)fputs("\nInterrupted: the other allocators were not looked at.\n", out);
	return ferror(out) ? -EIO : 0;
}
