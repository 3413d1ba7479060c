#include "terminal.h"

#include <langinfo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned terminal_width(void)
{
	struct winsize size;
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}

struct print_options terminal_print_options(const struct options *options)
{
	bool terminal = !options->output && isatty(STDOUT_FILENO);
	return (struct print_options){
		.color = cli_color(options, terminal),
		.width = terminal ? terminal_width() : 0,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.quiet = options->quiet,
	};
}
