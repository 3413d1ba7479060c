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
static void print_stack(const struct text_out *text_out, const struct stack *stack)
{
	char name[STACK_NAME_MAX * 2 + 32], clean[sizeof name], source[STACK_PATH_MAX];
	unsigned number = 0;
	for (size_t i = 0; i < stack->frames; i++) {
		const struct stack_frame *frame = &stack->frame[i];
		if (frame->interrupted)
			(void)fprintf(text_out->out, "         a signal came here:\n");
		outline_frame(name, sizeof name, source, sizeof source, frame);
		utf8_sanitize(clean, sizeof clean, name, text_out->utf8);
		(void)fprintf(text_out->out, "    #%-2u  %-*s%s%s\n", number,
			source[0] ? SOURCE_COLUMN : 0, clean, source[0] ? "  " : "", source);
		number += !frame->inlined;
	}
	if (stack->truncated)
		(void)fprintf(text_out->out, "         and so on: the rest could not be unwound\n");
}

static void print_item(
	const struct text_out *text_out, const struct outline_item *item, unsigned number)
{
	char first[16];
	switch (item->kind) {
	case OUTLINE_TITLE:
		wrap_print(text_out, &(struct paragraph_style){.color = COLOR_TITLE, .rest = "  "},
			item->text);
		break;
	case OUTLINE_HEADING:
		(void)fputc('\n', text_out->out);
		wrap_print(text_out, &(struct paragraph_style){.color = COLOR_TITLE}, item->text);
		break;
	case OUTLINE_SENTENCE:
		wrap_print(text_out, &(struct paragraph_style){.first = "  ", .rest = "    "},
			item->text);
		break;
	case OUTLINE_NUMBERED:
		snprintf(first, sizeof first, "    %u. ", number);
		wrap_print(text_out, &(struct paragraph_style){.first = first, .rest = "       "},
			item->text);
		break;
	case OUTLINE_STACK:
		print_stack(text_out, item->stack);
		break;
	case OUTLINE_COMMAND:
		wrap_print(text_out,
			&(struct paragraph_style){.first = "  ", .rest = "    ", .tail = " \\"},
			item->text);
		break;
	}
}

int explain_print_text(
	FILE *out, const struct explanation *explanation, const struct print_options *options)
{
	unsigned width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	struct text_out text_out = {
		out, width < WIDTH_MIN ? WIDTH_MIN : width, options->utf8, options->color};
	struct outline *outline = malloc(sizeof *outline);
	unsigned number = 0;
	if (!outline)
		return -ENOMEM;
	outline_make(outline, explanation);
	for (size_t i = 0; i < outline->items; i++) {
		number = outline->item[i].kind == OUTLINE_NUMBERED ? number + 1 : 0;
		print_item(&text_out, &outline->item[i], number);
	}
	free(outline);
	return ferror(out) ? -EIO : 0;
}
