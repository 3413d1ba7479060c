/*
 * explain --format dot: the graph of who waits for whom, as graphviz reads it; --format svg: the
 * same, drawn by graphviz' own program.
 */
#include "explain_print.h"
#include "external_tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Within a string of dot's. */
static void put(FILE *out, const char *words)
{
	for (const char *c = words; *c; c++) {
		if (*c == '"' || *c == '\\')
			(void)fputc('\\', out);
		(void)fputc(*c < ' ' || *c > '~' ? '?' : *c, out);
	}
}

static void node(
	FILE *out, const char *name, const char *shape, const char *first, const char *second)
{
	(void)fprintf(out, "\t%s [shape=%s, label=\"", name, shape);
	put(out, first);
	if (second[0])
		(void)fputs("\\n", out);
	put(out, second);
	(void)fputs("\"];\n", out);
}

static void edge(FILE *out, const char *from, const char *to, const char *label, const char *style)
{
	(void)fprintf(out, "\t%s -> %s [label=\"%s\", style=%s];\n", from, to, label, style);
}

static bool hangs(const struct story *story)
{
	return story->end == STORY_STUCK || story->end == STORY_PARENT;
}

/* Who waits for the lock: the child, or the thread that forks. */
static void waiter(FILE *out, const struct story *story)
{
	if (story->end == STORY_STUCK)
		node(out, "waiter", "box", "the child", story->call);
	else if (story->end == STORY_PARENT || story->end == STORY_WAITED)
		node(out, "waiter", "box",
			story->fork.in_handler ? "the worker, in its signal handler"
					       : "the main thread",
			"in fork()");
	else
		node(out, "waiter", "box", "the child", story->sentence);
}

static void body(FILE *out, const struct story *story)
{
	const struct story_lock *lock = &story->lock;
	bool copied = story->end == STORY_STUCK;
	waiter(out, story);
	node(out, "worker", "box", copied ? "the worker, in the parent" : "the worker",
		story->worker.call);
	if (lock->known) {
		node(out, "lock", "ellipse", lock->name,
			lock->of_application ? "the application's" : "");
		edge(out, "waiter", "lock", hangs(story) ? "waits for ever for" : "waits for",
			"solid");
	}
	if (lock->known && (lock->taken.known || lock->owner[0]))
		edge(out, "lock", "worker", copied ? "held by; not in the child" : "held by",
			copied ? "dashed" : "solid");
	if (story->end == STORY_PARENT && story->fork.in_handler)
		edge(out, "worker", "waiter", "interrupted by", "solid");
}

static void graph(FILE *out, const struct story *story)
{
	(void)fputs("digraph forklab {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];\n"
		    "\tedge [fontname=\"sans-serif\"];\n\tlabelloc=t;\n"
		    "\tfontname=\"sans-serif\";\n\tlabel=\"",
		out);
	(void)fprintf(out, "%s / %s / %s(), fork point %u: %s", story->allocator, story->scenario,
		story->method, story->point, verdict_name(story->verdict));
	(void)fputs("\";\n", out);
	body(out, story);
	(void)fputs("}\n", out);
}

int story_print_dot(FILE *out, const struct story *story, const struct print_options *options)
{
	(void)options;
	graph(out, story);
	return ferror(out) ? -EIO : 0;
}

/* Some seconds are an age to draw a handful of boxes in. */
enum { PATIENCE_MS = 30 * 1000, DRAWING_MAX = 16 << 20, ERROR_MAX = 512 };

int story_print_svg(FILE *out, const struct story *story, const struct print_options *options)
{
	static const struct tool dot = {{"dot", "-Tsvg"}, NULL, PATIENCE_MS, DRAWING_MAX};
	struct tool_output drawing = {0};
	char *text = NULL, error[ERROR_MAX];
	size_t size = 0;
	FILE *graph_file = open_memstream(&text, &size);
	if (!graph_file)
		return -ENOMEM;
	(void)options;
	graph(graph_file, story);
	int status = fclose(graph_file) == 0
			     ? tool_run(&dot, text, size, &drawing, error, sizeof error)
			     : -ENOMEM;
	if (status == 0 && fwrite(drawing.text, 1, drawing.size, out) != drawing.size)
		status = -EIO;
	tool_release(&drawing);
	free(text);
	return status;
}
