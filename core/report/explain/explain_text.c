/* explain --format text: for people, on a terminal or in a file. */
#include "color.h"
#include "explain_outline.h"
#include "explain_print.h"
#include "utf8.h"
#include "wrap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_WITHOUT_TERMINAL = 110, WIDTH_MIN = 40, SOURCE_COLUMN = 64 };

/* Numbers, names, and in a column of their own the lines of the source. */
static void print_stack(const struct paper *paper, const struct stack *stack)
{
	char name[STACK_NAME_MAX * 2 + 32], clean[sizeof name], source[STACK_PATH_MAX];
	unsigned number = 0;
	for (size_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *frame = &stack->frame[i];
		if (frame->interrupted)
			(void)fprintf(paper->out, "         a signal came here:\n");
		outline_frame(name, sizeof name, source, sizeof source, frame);
		utf8_clean(clean, sizeof clean, name, paper->utf8);
		(void)fprintf(paper->out, "    #%-2u  %-*s%s%s\n", number,
			source[0] ? SOURCE_COLUMN : 0, clean, source[0] ? "  " : "", source);
		number += !frame->inlined;
	}
	if (stack->cut)
		(void)fprintf(paper->out, "         and so on: the rest could not be unwound\n");
}

static void print_item(const struct paper *paper, const struct outline_item *item, unsigned number)
{
	char first[16];
	switch (item->kind) {
	case OUTLINE_TITLE:
		wrap_print(paper, &(struct style){.ink = INK_TITLE, .rest = "  "}, item->text);
		break;
	case OUTLINE_HEADING:
		(void)fputc('\n', paper->out);
		wrap_print(paper, &(struct style){.ink = INK_TITLE}, item->text);
		break;
	case OUTLINE_SENTENCE:
		wrap_print(paper, &(struct style){.first = "  ", .rest = "    "}, item->text);
		break;
	case OUTLINE_NUMBERED:
		snprintf(first, sizeof first, "    %u. ", number);
		wrap_print(paper, &(struct style){.first = first, .rest = "       "}, item->text);
		break;
	case OUTLINE_STACK:
		print_stack(paper, item->stack);
		break;
	case OUTLINE_COMMAND:
		wrap_print(paper, &(struct style){.first = "  ", .rest = "    ", .tail = " \\"},
			item->text);
		break;
	}
}

int story_print_text(FILE *out, const struct story *story, const struct print_options *options)
{
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	struct paper paper = {
		out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8, options->color};
	struct outline *outline = malloc(sizeof *outline);
	unsigned number = 0;
	if (!outline)
		return -ENOMEM;
	outline_make(outline, story);
	for (size_t i = 0; i < outline->items; i++) {
		number = outline->item[i].kind == OUTLINE_NUMBERED ? number + 1 : 0;
		print_item(&paper, &outline->item[i], number);
	}
	free(outline);
	return ferror(out) ? -EIO : 0;
}
