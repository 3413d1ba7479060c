/*
 * explain --format dot: the graph of waiters and owners, as graphviz reads it; --format svg: the
 * same, drawn by graphviz.
 */
#include "describe.h"
#include "explain_print.h"
#include "external_tool.h"
#include "finding_text.h"
#include "format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Inside a string of dot. */
static void put(FILE *out, const char *words)
{
	for (const char *c = words; *c; c++) {
		if (*c == '"' || *c == '\\')
			(void)fputc('\\', out);
		(void)fputc(*c < ' ' || *c > '~' ? '?' : *c, out);
	}
}

static void dot_node(
	FILE *out, const char *name, const char *shape, const char *first, const char *second)
{
	(void)fprintf(out, "\t%s [shape=%s, label=\"", name, shape);
	put(out, first);
	if (second[0])
		(void)fputs("\\n", out);
	put(out, second);
	(void)fputs("\"];\n", out);
}

static void dot_edge(
	FILE *out, const char *from, const char *to, const char *label, const char *style)
{
	(void)fprintf(out, "\t%s -> %s [label=\"%s\", style=%s];\n", from, to, label, style);
}

static bool hangs(const struct explanation *explanation)
{
	return explanation->outcome == OUTCOME_STUCK ||
	       explanation->outcome == OUTCOME_PARENT_STUCK;
}

/* The thread that waits for the lock: the child, or the forking thread. */
static void dot_waiter(FILE *out, const struct explanation *explanation)
{
	char text[FINDING_TEXT_MAX] = "";
	if (explanation->outcome == OUTCOME_STUCK)
		finding_text_call(text, sizeof(text), &explanation->finding.call);
	else if (explanation->has_finding)
		finding_text(text, sizeof(text), &explanation->finding);
	if (explanation->outcome == OUTCOME_PARENT_STUCK || explanation->outcome == OUTCOME_WAITED)
		dot_node(out, "waiter", "box",
			explanation->fork.in_handler ? "the worker, in its signal handler"
						     : "the main thread",
			"in fork()");
	else
		dot_node(out, "waiter", "box", "the child", text);
}

static void dot_body(FILE *out, const struct explanation *explanation)
{
	const struct explanation_lock *lock = &explanation->lock;
	bool copied = explanation->outcome == OUTCOME_STUCK;
	char origin[MODEL_NAME_MAX * 2];
	describe_origin(origin, sizeof(origin), explanation);
	dot_waiter(out, explanation);
	dot_node(out, "worker", "box", copied ? "the worker, in the parent" : "the worker",
		explanation->worker.call);
	if (lock->known) {
		dot_node(out, "lock", "ellipse", lock->name, origin);
		dot_edge(out, "waiter", "lock",
			hangs(explanation) ? "waits forever for" : "waits for", "solid");
	}
	if (lock->known && (lock->taken.known || lock->owner.kind != THREAD_UNKNOWN))
		dot_edge(out, "lock", "worker", copied ? "held by; not in the child" : "held by",
			copied ? "dashed" : "solid");
	if (explanation->outcome == OUTCOME_PARENT_STUCK && explanation->fork.in_handler)
		dot_edge(out, "worker", "waiter", "interrupted by", "solid");
}

static void dot_graph(FILE *out, const struct explanation *explanation)
{
	(void)fputs("digraph forklab {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];\n"
		    "\tedge [fontname=\"sans-serif\"];\n\tlabelloc=t;\n"
		    "\tfontname=\"sans-serif\";\n\tlabel=\"",
		out);
	(void)fprintf(out, "%s / %s / %s, fork point %u: %s", explanation->allocator,
		explanation->scenario, format_call(explanation->method), explanation->point,
		verdict_name(explanation->verdict));
	(void)fputs("\";\n", out);
	dot_body(out, explanation);
	(void)fputs("}\n", out);
}

int explain_print_dot(FILE *out, const struct explanation *explanation)
{
	dot_graph(out, explanation);
	return ferror(out) ? -EIO : 0;
}

/* dot draws a handful of boxes in a fraction of a second. */
enum { TIMEOUT_MS = 30 * 1000, DRAWING_MAX = 16 << 20, ERROR_MAX = 512 };

int explain_print_svg(FILE *out, const struct explanation *explanation)
{
	static const struct external_tool dot = {
		.argv = {"dot", "-Tsvg"}, .timeout_ms = TIMEOUT_MS, .output_max = DRAWING_MAX};
	struct external_tool_output drawing = {0};
	char *text = NULL, error[ERROR_MAX];
	size_t size = 0;
	FILE *graph_file = open_memstream(&text, &size);
	if (!graph_file)
		return -ENOMEM;
	dot_graph(graph_file, explanation);
	int status = fclose(graph_file) == 0
			     ? external_tool_run(&dot, text, size, &drawing, error, sizeof(error))
			     : -ENOMEM;
	if (status == 0 && fwrite(drawing.text, 1, drawing.size, out) != drawing.size)
		status = -EIO;
	external_tool_output_free(&drawing);
	free(text);
	return status;
}
