#include "cli_belong.h"

#include "cli_options.h"

#include <stddef.h>

#define RUN    (1U << COMMAND_RUN)
#define STRESS (1U << COMMAND_STRESS)
#define SWEEP  (1U << COMMAND_SWEEP)

/*
 * Not among them is --no-aim, which a sweep has no use for: the command that tries a finding again
 * carries the run's options, whatever found it.
 */
static const struct {
	int key;
	const char *option;
	unsigned commands;
	const char *which;
} owners[] = {
	{KEY_TRIAL, "--trial", STRESS, "the command stress"},
	{KEY_TRIALS, "--trials", RUN | STRESS, "the commands run and stress"},
	{KEY_WORKERS, "--workers", RUN | STRESS, "the commands run and stress"},
	{KEY_POINT, "--point", SWEEP, "the command sweep"},
	{KEY_POINTS, "--points", RUN | SWEEP, "the commands run and sweep"},
	{KEY_EVERY_INSTRUCTION, "--every-instruction", RUN | SWEEP, "the commands run and sweep"},
	{KEY_WINDOWS, "--windows", RUN | SWEEP, "the commands run and sweep"},
};
enum { OWNERS = sizeof(owners) / sizeof(owners[0]) };

void belong_note(struct belong *belong, int key)
{
	for (unsigned i = 0; i < OWNERS; i++)
		if (owners[i].key == key)
			belong->given |= 1U << i;
}

int belong_check(
	const struct belong *belong, const struct complaint *complaint, enum command command)
{
	for (unsigned i = 0; i < OWNERS; i++)
		if (belong->given & (1U << i) && !(owners[i].commands & (1U << command)))
			return complain(complaint, "%s belongs to %s; %s does not take it",
				owners[i].option, owners[i].which, cli_command_name(command));
	return 0;
}
