#include "options.h"

static const char *const commands[COMMAND_COUNT] = {
	[COMMAND_RUN] = "run",
	[COMMAND_STRESS] = "stress",
	[COMMAND_SWEEP] = "sweep",
	[COMMAND_TRACE] = "trace",
	[COMMAND_AUDIT] = "audit",
	[COMMAND_EXPLAIN] = "explain",
	[COMMAND_COST] = "cost",
	[COMMAND_CHOOSE] = "choose",
	[COMMAND_LIST] = "list",
};

const char *options_command_name(enum command command)
{
	return commands[command];
}
