/* The texts of --help. Pure. */
#pragma once

#include "command.h"

#include <stdio.h>

/* `forklab --help`: the commands, and the options that most runs need. At most 24 lines. */
void help_print(FILE *stream);

/* `forklab COMMAND --help`: what it does, the options that it takes, two examples. */
void help_print_command(FILE *stream, const struct command *command);
