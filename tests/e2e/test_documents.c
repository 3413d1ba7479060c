/*
 * Documents that quote forklab. Every command in a ```console block is run and must succeed. The
 * lines quoted below a command on teaching allocators must be its output ("..." stands for the rest
 * of a line or, alone, for any lines), since their sweeps have the same result everywhere. And a
 * figure in the text, "22 of 217 points", must occur in such a block.
 */
#include "e2e.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 48, WHY_MAX = 4096 };

struct check {
	const char *blocks; /* all that stands in blocks */
	unsigned commands, lines;
	char why[WHY_MAX]; /* "" as long as nothing is wrong */
};

#define WRONG(check, ...) ((void)snprintf((check)->why, WHY_MAX, __VA_ARGS__))

/* ---- Lines ---- */

/* Cuts the first line off, without the blanks around it; NULL at the end. */
static char *next_line(char **rest)
{
	char *line = strsep(rest, "\n");
	if (!line)
		return NULL;
	while (*line == ' ' || *line == '\t')
		line++;
	for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]); end--)
		line[end - 1] = '\0';
	return line;
}

static bool is_fence(const char *line)
{
	return strncmp(line, "```", 3) == 0;
}

/* ---- One command ---- */

static unsigned split(char *command, const char *words[WORDS_MAX])
{
	unsigned count = 0;
	for (char *word; (word = strsep(&command, " ")) && count + 1 < WORDS_MAX;)
		if (*word)
			words[count++] = word;
	words[count] = NULL;
	return count;
}

/* Of the real allocators other versions have other figures. */
static bool only_teaching(const char *const *words)
{
	for (; *words && strcmp(*words, "-a") != 0; words++)
		;
	const char *name = *words ? words[1] : NULL;
	while (name && strncmp(name, "teach-", strlen("teach-")) == 0)
		if (!(name = strchr(name, ',')))
			return true;
		else
			name++;
	return false;
}

static bool same_line(const char *line, const char *wanted)
{
	size_t length = strlen(wanted), rest = strlen("...");
	if (length > rest && strcmp(wanted + length - rest, "...") == 0)
		return strncmp(line, wanted, length - rest) == 0;
	return strcmp(line, wanted) == 0;
}

/* The quoted lines in `output`, in their order. */
static void compare(struct check *check, const char *command, char *quoted, const char *output)
{
	char *copy = strdup(output), *rest = copy, *line = next_line(&rest);
	bool gap = true;
	for (char *wanted; !*check->why && (wanted = next_line(&quoted));) {
		if (!*wanted || strcmp(wanted, "...") == 0) {
			gap = gap || *wanted;
			continue;
		}
		while (line && (gap || !*line) && !same_line(line, wanted))
			line = next_line(&rest);
		if (!line || !same_line(line, wanted))
			WRONG(check, "%s\ndoes not print here: %s\nbut:\n%.3000s", command, wanted,
				output);
		line = line ? next_line(&rest) : NULL;
		gap = false;
		check->lines++;
	}
	free(copy);
}

/* The last command's result: a planted document has the same command as the one before it. */
static char *last_command;
static struct e2e_result last;

static const struct e2e_result *result_of(const char *command, const char *const *args)
{
	if (last_command && strcmp(command, last_command) == 0)
		return &last;
	free(last_command);
	e2e_free(&last);
	last_command = strdup(command);
	e2e_run(&last, args);
	return &last;
}

static void run(struct check *check, const char *command, char *quoted)
{
	const char *words[WORDS_MAX];
	char *copy = strdup(command);
	check->commands++;
	if (split(copy, words) < 2 || strcmp(words[0], "forklab") != 0) {
		WRONG(check, "no command of forklab's: %s", command);
		free(copy);
		return;
	}
	const struct e2e_result *result = result_of(command, words + 1);
	if (result->status != 0)
		WRONG(check, "%s\nends with %d: %s", command, result->status, result->err);
	else if (only_teaching(words + 1))
		compare(check, command, quoted, result->out);
	free(copy);
}

/* ---- A document ---- */

/* The lines quoted below a command, up to the next command or the end of the block. */
static char *take_quoted(const char *text)
{
	size_t length = 0;
	while (text && text[length] && strncmp(text + length, "$ ", 2) != 0)
		length += strcspn(text + length, "\n") + 1;
	return text ? strndup(text, length) : strdup("");
}

static void check_blocks(struct check *check, char *block)
{
	for (char *line; !*check->why && (line = next_line(&block));) {
		if (strncmp(line, "$ ", 2) != 0)
			continue;
		char *quoted = take_quoted(block);
		run(check, line + 2, quoted);
		free(quoted);
	}
}

/* Splits the document: the lines in console blocks, and those outside of any code. */
static void part(char *document, FILE *blocks, FILE *prose)
{
	enum { PROSE, CONSOLE, CODE } where = PROSE;
	for (char *line; (line = next_line(&document));) {
		if (is_fence(line)) {
			bool console = strcmp(line, "```console") == 0;
			where = where != PROSE ? PROSE : console ? CONSOLE : CODE;
		} else if (where != CODE) {
			fprintf(where == CONSOLE ? blocks : prose, "%s\n", line);
		}
	}
}

/* "22 of 217 points" at `at`: its length, or 0. */
static size_t figure_at(const char *at)
{
	int length = 0;
	unsigned bad, all;
	return isdigit((unsigned char)*at) &&
			       sscanf(at, "%u of %u points%n", &bad, &all, &length) == 2
		       ? (size_t)length
		       : 0;
}

static void check_figures(struct check *check, const char *prose)
{
	for (const char *at = prose; *at && !*check->why; at++) {
		size_t length = at > prose && isdigit((unsigned char)at[-1]) ? 0 : figure_at(at);
		char *figure = strndup(at, length);
		if (length && !strstr(check->blocks, figure))
			WRONG(check, "%s stands in the text and in no block", figure);
		free(figure);
	}
}

static void check_document(struct check *check, const char *text)
{
	char *document = strdup(text), *blocks = NULL, *prose = NULL;
	size_t blocks_size, prose_size;
	FILE *to_blocks = open_memstream(&blocks, &blocks_size);
	FILE *to_prose = open_memstream(&prose, &prose_size);
	part(document, to_blocks, to_prose);
	fclose(to_blocks);
	fclose(to_prose);
	*check = (struct check){.blocks = blocks};
	check_figures(check, prose);
	if (!*check->why && strstr(prose, "\nforklab "))
		WRONG(check, "a command stands outside of a console block");
	check_blocks(check, blocks);
	check->blocks = NULL;
	free(document);
	free(blocks);
	free(prose);
}

static void document_is_true(void **state)
{
	char path[E2E_PATH_MAX];
	struct check check;
	snprintf(path, sizeof(path), "%s/%s", FORKLAB_DOCS, (const char *)*state);
	char *text = e2e_read(path);
	check_document(&check, text);
	free(text);
	if (*check.why)
		e2e_fail("%s: %s", path, check.why);
	assert_true(check.commands > 0);
	assert_true(check.lines > 0);
}

/* ---- Planted faults ---- */

#define COMMAND "$ forklab sweep -a teach-none -s pool -m fork -q\n"

static const struct planted_document {
	const char *name, *text, *why;
} planted[] = {
	{"a line that is not printed", "```console\n" COMMAND "...\nteach-none  ok\n```\n",
		"does not print here"},
	{"a line that begins otherwise",
		"```console\n" COMMAND "...\nteach-none  dead...\n1         23 of...\n```\n",
		"does not print here"},
	{"a line that stands elsewhere",
		"```console\n" COMMAND "allocator   pool\nteach-none  deadlock\n```\n",
		"does not print here"},
	{"a command that is refused", "```console\n$ forklab sweep -a teach-nnoe\n```\n",
		"ends with 2"},
	{"another command", "```console\n$ true forklab\n```\n", "no command of forklab's"},
	{"a figure that nobody printed",
		"22 of 217 points are bad.\n```console\n" COMMAND "...\n```\n", "in no block"},
	{"a command that is not run", "\n    forklab list\n", "outside of a console block"},
};
enum { PLANTED = sizeof(planted) / sizeof(planted[0]) };

static void fault_is_found(void **state)
{
	const struct planted_document *fault = *state;
	struct check check;
	check_document(&check, fault->text);
	if (!strstr(check.why, fault->why))
		e2e_fail("%s: \"%s\"", fault->name, check.why);
}

int main(int argc, char **argv)
{
	enum { DOCUMENTS = 2 };
	static struct CMUnitTest tests[DOCUMENTS + PLANTED] = {
		{"mitigations.md", document_is_true, NULL, NULL, "mitigations.md"},
		{"how-atfork-works.md", document_is_true, NULL, NULL, "how-atfork-works.md"},
	};
	for (size_t i = 0; i < PLANTED; i++)
		tests[DOCUMENTS + i] = (struct CMUnitTest){
			planted[i].name, fault_is_found, NULL, NULL, (void *)&planted[i]};
	/* The documents' characters. */
	e2e_env("LC_ALL", "C.UTF-8");
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
