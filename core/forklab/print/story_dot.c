/*
 * explain --format dot: the graph of who waits for whom, as graphviz reads it; --format svg: the
 * same, drawn by graphviz' own program.
 */
#include "print/story.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int copy_all(FILE *from, FILE *to)
{
	char buffer[4096];
	size_t got;
	while ((got = fread(buffer, 1, sizeof buffer, from)) > 0)
		if (fwrite(buffer, 1, got, to) != got)
			return -EIO;
	return ferror(from) ? -EIO : 0;
}

/* Through a file that has no name: dot reads all before it writes. */
int story_print_svg(FILE *out, const struct story *story, const struct print_options *options)
{
	char command[64];
	FILE *graph_file = tmpfile();
	if (!graph_file)
		return -EIO;
	(void)options;
	graph(graph_file, story);
	int error = fflush(graph_file) == 0 ? 0 : -EIO;
	snprintf(command, sizeof command, "exec dot -Tsvg /proc/%d/fd/%d 2>/dev/null",
		(int)getpid(), fileno(graph_file));
	/* NOLINTNEXTLINE(bugprone-command-processor): a fixed command, found on the user's path */
	FILE *drawing = error ? NULL : popen(command, "re");
	if (drawing) {
		error = copy_all(drawing, out);
		if (pclose(drawing) != 0)
			error = -ENOENT;
	}
	(void)fclose(graph_file);
	return drawing || error ? error : -EIO;
}
