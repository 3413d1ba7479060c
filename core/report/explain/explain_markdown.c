/* explain --format markdown: for an issue or a lesson. */
#include "explain_outline.h"
#include "explain_print.h"
#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Words as they are: whatever markdown would take for markup is escaped. */
static void put(FILE *out, const char *words, bool utf8)
{
	char clean[OUTLINE_TEXT_MAX];
	utf8_sanitize(clean, sizeof clean, words, utf8);
	for (const char *c = clean; *c; c++) {
		if (strchr("\\`*_[]<>|~#&$", *c))
			(void)fputc('\\', out);
		(void)fputc(*c, out);
	}
}

/* Indented by four: code, in which nothing is markup. */
static void put_stack(FILE *out, const struct stack *stack, bool utf8)
{
	char name[STACK_NAME_MAX * 2 + 32], clean[sizeof name], source[STACK_PATH_MAX];
	unsigned number = 0;
	(void)fputc('\n', out);
	for (size_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *frame = &stack->frame[i];
		if (frame->interrupted)
			(void)fputs("        a signal came here:\n", out);
		outline_frame(name, sizeof name, source, sizeof source, frame);
		utf8_sanitize(clean, sizeof clean, name, utf8);
		(void)fprintf(
			out, "    #%-2u %s%s%s\n", number, clean, source[0] ? "  " : "", source);
		number += !frame->inlined;
	}
	if (stack->truncated)
		(void)fputs("        and so on: the rest could not be unwound\n", out);
	(void)fputc('\n', out);
}

static void put_item(FILE *out, const struct outline_item *item, unsigned number, bool utf8)
{
	switch (item->kind) {
	case OUTLINE_TITLE:
	case OUTLINE_HEADING:
		(void)fputs(item->kind == OUTLINE_TITLE ? "# " : "\n## ", out);
		put(out, item->text, utf8);
		(void)fputs("\n\n", out);
		break;
	case OUTLINE_SENTENCE:
		put(out, item->text, utf8);
		(void)fputs("\n\n", out);
		break;
	case OUTLINE_NUMBERED:
		(void)fprintf(out, "%u. ", number);
		put(out, item->text, utf8);
		(void)fputc('\n', out);
		break;
	case OUTLINE_STACK:
		put_stack(out, item->stack, utf8);
		break;
	case OUTLINE_COMMAND:
		(void)fprintf(out, "    %s\n", item->text);
		break;
	}
}

int explain_print_markdown(
	FILE *out, const struct explanation *explanation, const struct print_options *options)
{
	struct outline *outline = malloc(sizeof *outline);
	unsigned number = 0;
	if (!outline)
		return -ENOMEM;
	outline_make(outline, explanation);
	for (size_t i = 0; i < outline->items; i++) {
		bool numbered = outline->item[i].kind == OUTLINE_NUMBERED;
		if (number && !numbered)
			(void)fputc('\n', out);
		number = numbered ? number + 1 : 0;
		put_item(out, &outline->item[i], number, options->utf8);
	}
	free(outline);
	return ferror(out) ? -EIO : 0;
}
