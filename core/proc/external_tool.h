/*
 * Programs of others that draw for forklab: gnuplot, and graphviz' dot. They are found on the
 * user's $PATH and never run through a shell; what they read and what they write are files without
 * a name, so no pipe can fill up between the two of us.
 */
#ifndef FORKLAB_EXTERNAL_TOOL_H
#define FORKLAB_EXTERNAL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

enum { EXTERNAL_TOOL_ARGUMENTS_MAX = 8 };

struct external_tool {
	const char *argv[EXTERNAL_TOOL_ARGUMENTS_MAX]; /* its name first; NULL behind the last */
	const char *env;                               /* "NAME=VALUE" for it alone; NULL: none */
	unsigned timeout_ms;                           /* then it hangs, and is killed */
	size_t output_max;                             /* bytes that it may write */
};

/* What such a program wrote to its standard output. All zero: nothing. */
struct external_tool_output {
	char *text; /* of `size` bytes, and a NUL behind them */
	size_t size;
};

/* Whether a program of that name is on $PATH; one with a '/' in its name, whether it is there. */
bool external_tool_exists(const char *name);

/*
 * Runs it with input[size] as its standard input, in a session of its own, and waits for its end.
 * Whoever calls has no other child that ends meanwhile, and has prepared interrupts (or there are
 * none to be seen).
 *
 * Returns 0 with all of *output, which external_tool_output_free() frees; or, with one sentence for
 * the user in error[error_size] and nothing in *output, -ENOENT (no such program), -EPROTO (it
 * failed, or a signal killed it), -ETIMEDOUT (killed: it did not end), -EINTR (killed: an interrupt
 * came meanwhile), or another -errno. No process of its is left in any case.
 */
int external_tool_run(const struct external_tool *tool, const char *input, size_t size,
	struct external_tool_output *output, char *error, size_t error_size);

void external_tool_output_free(struct external_tool_output *output);

#endif
