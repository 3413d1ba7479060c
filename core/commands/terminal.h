/* What is printed on, as far as the command line and the terminal decide it. */
#ifndef FORKLAB_TERMINAL_H
#define FORKLAB_TERMINAL_H

#include "cli.h"
#include "printer.h"

/* How to print the result: in which width, in colour or not, in which characters. */
struct print_options terminal_print_options(const struct options *options);

#endif
