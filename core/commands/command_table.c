#include "command.h"

/* A row for each command. */
#define COMMANDS(ROW)                                                                              \
	ROW(run)                                                                                   \
	ROW(stress)                                                                                \
	ROW(sweep)                                                                                 \
	ROW(audit)                                                                                 \
	ROW(trace)                                                                                 \
	ROW(explain)                                                                               \
	ROW(cost)                                                                                  \
	ROW(choose)                                                                                \
	ROW(list)

#define DECLARE(name) extern const struct command command_##name;
COMMANDS(DECLARE)

#define ADDRESS(name) &command_##name,
const struct command *const command_table[] = {COMMANDS(ADDRESS) NULL};

_Static_assert(
	sizeof(command_table) / sizeof(command_table[0]) <= COMMANDS_MAX, "the names have room");

size_t command_names(const char *names[COMMANDS_MAX])
{
	size_t count = 0;
	while (command_table[count]) {
		names[count] = command_table[count]->name;
		count++;
	}
	return count;
}
