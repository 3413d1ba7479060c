#include "option_scope.h"

#include "option_table.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define RUN     (1U << COMMAND_RUN)
#define STRESS  (1U << COMMAND_STRESS)
#define SWEEP   (1U << COMMAND_SWEEP)
#define TRACE   (1U << COMMAND_TRACE)
#define AUDIT   (1U << COMMAND_AUDIT)
#define EXPLAIN (1U << COMMAND_EXPLAIN)
#define COST    (1U << COMMAND_COST)
#define CHOOSE  (1U << COMMAND_CHOOSE)

/*
 * Not among them is --no-aim, which a sweep has no use for: the command that tries a finding again
 * carries the run's options, whatever found it.
 */
static const struct {
	int key;
	const char *option;
	unsigned commands;
	const char *takers;
} scopes[] = {
	{KEY_TRIAL, "--trial", STRESS | TRACE, "the commands stress and trace"},
	{KEY_TRIALS, "--trials", RUN | STRESS | TRACE, "the commands run, stress and trace"},
	{KEY_WORKERS, "--workers", RUN | STRESS | TRACE, "the commands run, stress and trace"},
	{KEY_POINT, "--point", SWEEP | EXPLAIN, "the commands sweep and explain"},
	{KEY_MITIGATION, "--cure", RUN | STRESS | SWEEP | EXPLAIN,
		"the commands run, stress, sweep and explain"},
	{KEY_POINTS, "--points", RUN | SWEEP, "the commands run and sweep"},
	{KEY_EVERY_INSTRUCTION, "--every-instruction", RUN | SWEEP | EXPLAIN,
		"the commands run, sweep and explain"},
	{KEY_ALL_VARIANTS, "--all-variants", RUN | STRESS | SWEEP,
		"the commands run, stress and sweep"},
	{KEY_WINDOWS, "--windows", RUN | SWEEP, "the commands run and sweep"},
	{KEY_THREADS, "--threads", COST | CHOOSE, "the commands cost and choose"},
	{KEY_HEAP, "--heap", COST | CHOOSE, "the commands cost and choose"},
	{KEY_PAGES, "--pages", COST, "the command cost"},
	{KEY_ROUNDS, "--rounds", COST | CHOOSE, "the commands cost and choose"},
	{KEY_SERVER, "--server", COST | CHOOSE, "the commands cost and choose"},
	{KEY_PORT, "--port", COST | CHOOSE, "the commands cost and choose"},
	{KEY_WEIGHT, "--weight", CHOOSE, "the command choose"},
	{KEY_FROM, "--from", CHOOSE, "the command choose"},
	{KEY_PLOT, "--plot", COST | CHOOSE, "the commands cost and choose"},
	{'s', "--scenario", ~(COST | CHOOSE), "the other commands"},
	{'m', "--method", ~CHOOSE, "the other commands"},
	{KEY_DEADLINE, "--deadline", ~COST, "the other commands"},
	{KEY_FAIL_ON, "--fail-on", ~(COST | CHOOSE), "the other commands"},
};
enum { SCOPES = sizeof(scopes) / sizeof(scopes[0]) };

static const struct {
	const char *name;
	unsigned commands;
} formats[] = {
	{"text", ~0U},
	{"json", ~TRACE},
	{"csv", RUN | STRESS | SWEEP | COST},
	{"markdown", RUN | STRESS | SWEEP | AUDIT | EXPLAIN | COST},
	{"junit", RUN | STRESS | SWEEP},
	{"lines", TRACE},
	{"chrome", TRACE},
	{"dot", EXPLAIN},
	{"svg", EXPLAIN},
};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

void option_scope_note(struct given_options *given, int key)
{
	for (unsigned i = 0; i < SCOPES; i++)
		if (scopes[i].key == key)
			given->bits |= 1U << i;
}

static unsigned formats_of(unsigned commands, const char *names[FORMATS])
{
	unsigned count = 0;
	for (unsigned i = 0; i < FORMATS; i++)
		if (formats[i].commands & commands)
			names[count++] = formats[i].name;
	return count;
}

int option_scope_format(const struct option_error *error, const char *text, const char **format)
{
	const char *names[FORMATS];
	size_t index = 0;
	unsigned count = formats_of(~0U, names);
	int status = value_word(error, "format", text, names, count, &index);
	if (status == 0)
		*format = names[index];
	return status;
}

/* "text, json and csv" */
static void join_with_and(const char *const *names, unsigned count, char *text, size_t size)
{
	size_t used = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
			i == 0           ? ""
			: i + 1 == count ? " and "
					 : ", ",
			names[i]);
}

static int check_format(const struct option_error *error, const char *format, enum command command)
{
	const char *names[FORMATS];
	char known[128];
	unsigned count = formats_of(1U << command, names);
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], format) == 0)
			return 0;
	join_with_and(names, count, known, sizeof known);
	return option_error_set(error, "%s has no format '%s'; it has %s",
		options_command_name(command), format, known);
}

int option_scope_check(const struct given_options *given, const struct option_error *error,
	const struct options *options)
{
	enum command command = options->command;
	for (unsigned i = 0; i < SCOPES; i++)
		if (given->bits & (1U << i) && !(scopes[i].commands & (1U << command)))
			return option_error_set(error, "%s belongs to %s; %s does not take it",
				scopes[i].option, scopes[i].takers, options_command_name(command));
	return check_format(error, options->format, command);
}
