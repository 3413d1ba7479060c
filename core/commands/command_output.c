#include "command_output.h"

#include "interrupt.h"
#include "status.h"
#include "utf8.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned terminal_width(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool command_terminal_is_dumb(void)
{
	const char *term = getenv("TERM");
	return !term || !*term || strcmp(term, "dumb") == 0;
}

bool command_color(const struct options *options, bool terminal)
{
	const char *no_color = getenv("NO_COLOR");
	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	return terminal && !command_terminal_is_dumb();
}

static bool has_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

struct print_options command_print_options(const struct options *options)
{
	bool terminal = !options->output && isatty(STDOUT_FILENO);
	return (struct print_options){
		.color = command_color(options, terminal),
		.width = terminal ? terminal_width() : 0,
		.utf8 = has_utf8(),
		.quiet = options->quiet,
	};
}

int command_error(int status, const char *error)
{
	char escaped[ERROR_MAX * 4];
	utf8_escape(escaped, sizeof(escaped), error, has_utf8());
	fprintf(stderr, "forklab: %s\n", escaped);
	return status;
}

int command_commit(struct output *output, int failed)
{
	char error[ERROR_MAX];
	/* A failed write is told by output_commit(), which knows file and reason. */
	if (!failed || ferror(output->stream)) {
		failed = output_commit(output, error, sizeof(error));
	} else {
		(void)snprintf(error, sizeof(error), "cannot make the result for %s: %s",
			output->name, failed < 0 ? strerror(-failed) : "no memory");
		output_abandon(output);
	}
	return failed ? command_error(STATUS_BROKEN, error) : STATUS_OK;
}

int command_status(bool interrupted, int status)
{
	return interrupted ? STATUS_SIGNAL + interrupt_signal() : status;
}
