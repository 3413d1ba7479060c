/*
 * Runs other programs: gnuplot, Graphviz' dot, a C compiler. They are found in $PATH and not run
 * through a shell. Their standard streams are memfds, so no pipe can fill up and block both sides.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { EXTERNAL_TOOL_ARGUMENTS_MAX = 48 };

struct external_tool {
	const char *argv[EXTERNAL_TOOL_ARGUMENTS_MAX]; /* NULL-terminated */
	const char *env;                               /* "NAME=VALUE" to add; NULL: none */
	unsigned timeout_ms;                           /* then it is killed */
	size_t output_max;                             /* bytes that it may write to a file */
	bool shows_errors;                             /* its standard error is that of forklab */
};

/* The standard output of a program. All zero: none. */
struct external_tool_output {
	char *text; /* `size` bytes and a NUL */
	size_t size;
};

/* Whether the program is in $PATH; with a '/' in the name, whether that file exists. */
bool external_tool_exists(const char *name);

/*
 * Runs it in a session of its own, with input[size] as its standard input, and waits for its end.
 * Interrupts are noticed only after interrupt_init().
 *
 * Returns 0 and the output, which external_tool_output_free() frees; or, with a sentence for the
 * user in error[error_size] and an empty *output, -ENOENT (no such program), -EPROTO (it failed or
 * a signal killed it), -ETIMEDOUT or -EINTR (timeout or interrupt: it was killed), or another
 * -errno. All processes of its session are gone in any case.
 */
int external_tool_run(const struct external_tool *tool, const char *input, size_t size,
	struct external_tool_output *output, char *error, size_t error_size);

void external_tool_output_free(struct external_tool_output *output);
