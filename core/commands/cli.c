#include "cli.h"

#include "option_scope.h"
#include "option_table.h"
#include "option_value.h"

#include <argp.h>
#include <errno.h>
#include <string.h>

static const char *const effort_options[EFFORT_COUNT] = {
	[EFFORT_NORMAL] = "",
	[EFFORT_QUICK] = "--quick",
	[EFFORT_THOROUGH] = "--thorough",
};

static const char *const colors[COLOR_COUNT] = {
	[COLOR_AUTO] = "auto",
	[COLOR_ALWAYS] = "always",
	[COLOR_NEVER] = "never",
};

static const char *const methods[METHOD_COUNT] = {METHOD_NAMES};
static const char *const mitigations[MITIGATION_COUNT] = {MITIGATION_NAMES};
static const char *const servers[SERVER_COUNT] = {
	[SERVER_PREFORK] = "prefork",
	[SERVER_SNAPSHOT] = "snapshot",
	[SERVER_POOL] = "pool",
};
static const char *const weights[WEIGHT_COUNT] = {
	[WEIGHT_EQUAL] = "equal",
	[WEIGHT_LATENCY] = "latency",
	[WEIGHT_MEMORY] = "memory",
	[WEIGHT_THROUGHPUT] = "throughput",
};
static const char *const pages[] = {"usual", "huge"};

/* The words that an option takes, one or a list of them. */
enum { WORDS_MAX = 16 };
_Static_assert((int)METHOD_COUNT <= (int)WORDS_MAX, "every method has room");
_Static_assert((int)MITIGATION_COUNT <= (int)WORDS_MAX, "every cure has room");
static const struct word_set {
	const char *option, *kind;
	const char *const *word;
	size_t known;
} method_words = {"--method", "fork method", methods, METHOD_COUNT},
  mitigation_words = {"--cure", "cure", mitigations, MITIGATION_COUNT},
  page_words = {"--pages", "kind of pages", pages, 2},
  server_words = {"--server", "kind of server", servers, SERVER_COUNT},
  weight_words = {"--weight", "value for --weight", weights, WEIGHT_COUNT},
  color_words = {"--color", "value for --color", colors, COLOR_COUNT},
  format_words = {"--format", "format", output_format_names, OUTPUT_FORMAT_COUNT};

struct parse {
	struct options *options;
	struct option_error error;
	enum cli_result result;
	const struct command *command;
	bool named; /* the command is on the line */
	struct given_options given;
	int next; /* argv index at the last event: tells which element argp rejected */
};

/* One word; *chosen gets its number, which is the value of an enum. */
static int set_word(const struct option_error *error, const struct word_set *set, const char *text,
	unsigned *chosen)
{
	size_t index = 0;
	int status = value_word(error, set->kind, text, set->word, set->known, &index);
	*chosen = (unsigned)index;
	return status;
}

/*
 * A list of words, each once, in the order given; "all" adds the rest. chosen[] has room for
 * `known` numbers, *count of which are there already.
 */
static int set_words(const struct option_error *error, const struct word_set *set, const char *text,
	unsigned chosen[], size_t *count)
{
	struct name_list names = {0};
	bool is_chosen[WORDS_MAX] = {false};
	int status = value_names(error, set->option, text, &names);
	for (size_t i = 0; i < *count; i++)
		is_chosen[chosen[i]] = true;
	for (size_t i = 0; status == 0 && i < names.count; i++) {
		size_t word = 0;
		status = value_word(error, set->kind, names.name[i], set->word, set->known, &word);
		if (status == 0 && !is_chosen[word]) {
			is_chosen[word] = true;
			chosen[(*count)++] = (unsigned)word;
		}
	}
	for (size_t word = 0; names.all && word < set->known; word++)
		if (!is_chosen[word])
			chosen[(*count)++] = (unsigned)word;
	return status;
}

static int set_fail_on(const struct parse *parse, const char *text)
{
	enum { BAD = VERDICT_COUNT, ANY, WORDS };
	const char *words[WORDS];
	struct name_list names = {0};
	int status = value_names(&parse->error, "--fail-on", text, &names);
	for (size_t i = 0; i < VERDICT_COUNT; i++)
		words[i] = verdict_name((enum verdict)i);
	words[BAD] = "bad";
	words[ANY] = "any";
	if (status == 0 && names.all)
		return option_error_unknown(&parse->error, "verdict", "all", words, WORDS);
	for (size_t i = 0; status == 0 && i < names.count; i++) {
		size_t word = 0;
		status = value_word(&parse->error, "verdict", names.name[i], words, WORDS, &word);
		parse->options->fail_on_any |= status == 0 && word == ANY;
		for (size_t v = 0; status == 0 && v < VERDICT_COUNT; v++)
			if (v == word || (word == BAD && verdict_is_bad((enum verdict)v)))
				parse->options->fail_on[v] = true;
	}
	return status;
}

static int set_command(struct parse *parse, const char *text, unsigned position)
{
	const char *names[COMMANDS_MAX];
	size_t index = 0;
	if (position > 0)
		return option_error_set(&parse->error,
			"one command at a time: cannot use '%s' after '%s'", text,
			parse->command->name);
	if (value_word(&parse->error, "command", text, names, command_names(names), &index) != 0)
		return -EINVAL;
	parse->command = command_table[index];
	parse->named = true;
	return 0;
}

static int set_effort(const struct parse *parse, enum effort effort)
{
	enum effort *given = &parse->options->effort;
	if (*given != EFFORT_NORMAL && *given != effort)
		return option_error_set(&parse->error, "%s and %s cannot be combined; choose one",
			effort_options[*given], effort_options[effort]);
	*given = effort;
	return 0;
}

static int set_path(
	const struct parse *parse, const char *option, const char *text, const char **path)
{
	if (*text == '\0')
		return option_error_set(&parse->error, "%s needs a name that is not empty", option);
	*path = text;
	return 0;
}

static int set_preload(const struct parse *parse, const char *text)
{
	struct options *options = parse->options;
	if (options->preloads == OPTIONS_PRELOADS_MAX)
		return option_error_set(&parse->error, "--preload can be given %d times at most",
			OPTIONS_PRELOADS_MAX);
	return set_path(parse, "--preload", text, &options->preload[options->preloads++].path);
}

/* Applies to the preceding --preload. */
static int set_name(const struct parse *parse, const char *text)
{
	struct options *options = parse->options;
	struct preload_option *last;
	if (options->preloads == 0)
		return option_error_set(&parse->error,
			"--name %s has no --preload before it; write --preload PATH --name %s",
			text, text);
	last = &options->preload[options->preloads - 1];
	if (last->name)
		return option_error_set(&parse->error,
			"--preload %s is called '%s' already, not '%s'", last->path, last->name,
			text);
	for (size_t i = 0; i + 1 < options->preloads; i++)
		if (options->preload[i].name && strcmp(options->preload[i].name, text) == 0)
			return option_error_set(&parse->error,
				"--name %s was given twice; call the second one something else",
				text);
	last->name = text;
	return value_new_name(&parse->error, "--name", text);
}

/* A bit for each word. */
static int set_pages(const struct parse *parse, const char *text)
{
	unsigned chosen[2];
	size_t count = 0;
	int status = set_words(&parse->error, &page_words, text, chosen, &count);
	for (size_t i = 0; status == 0 && i < count; i++)
		parse->options->cost.pages |= 1U << chosen[i];
	return status;
}

static int set_flag(bool *flag, bool value)
{
	*flag = value;
	return 0;
}

static int set_choice(struct parse *parse, int key, const char *text)
{
	const struct option_error *error = &parse->error;
	struct options *options = parse->options;
	switch (key) {
	case 'a':
		return value_names(error, "--alloc", text, &options->alloc);
	case 's':
		return value_scenarios(error, text, options);
	case 'm':
		return set_words(error, &method_words, text, options->method, &options->methods);
	case KEY_MITIGATION:
		return set_words(
			error, &mitigation_words, text, options->mitigation, &options->mitigations);
	case KEY_SERVER:
		options->choose.has_server = true;
		return set_word(error, &server_words, text, &options->choose.server);
	case KEY_WEIGHT:
		return set_word(error, &weight_words, text, &options->choose.weight);
	case KEY_FROM:
		return set_path(parse, "--from", text, &options->choose.from);
	case KEY_PAGES:
		return set_pages(parse, text);
	case KEY_FORMAT:
		return set_word(error, &format_words, text, &options->format);
	case KEY_FAIL_ON:
		return set_fail_on(parse, text);
	case KEY_COLOR:
		return set_word(error, &color_words, text, &options->color);
	case 'o':
		return set_path(parse, "--output", text, &options->output);
	case KEY_PLOT:
		return set_path(parse, "--plot", text, &options->plot_dir);
	case KEY_PRELOAD:
		return set_preload(parse, text);
	case KEY_NAME:
		return set_name(parse, text);
	case KEY_RUNNERS:
		return set_path(parse, "--runners", text, &options->runner_dir);
	case 'q':
		return set_flag(&options->quiet, true);
	case KEY_NO_AIM:
		return set_flag(&options->aim, false);
	case KEY_EVERY_INSTRUCTION:
		return set_flag(&options->every_instruction, true);
	case KEY_ALL_VARIANTS:
		return set_flag(&options->all_variants, true);
	case KEY_STORE:
		return set_path(parse, "--store", text, &options->store);
	case KEY_NO_STORE:
		return set_flag(&options->no_store, true);
	case KEY_FRESH:
		return set_flag(&options->fresh, true);
	case KEY_TOOLS:
		return set_flag(&options->tools, true);
	case KEY_DETAILS:
		return set_flag(&options->details, true);
	case KEY_WINDOWS:
		return set_flag(&options->windows, true);
	case KEY_POINTS:
		return set_path(parse, "--points", text, &options->points);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int set_number(struct parse *parse, int key, const char *text)
{
	const struct option_error *error = &parse->error;
	struct options *options = parse->options;
	switch (key) {
	case KEY_TRIAL:
		options->one_trial = true;
		return value_number(
			error, "--trial", text, 0, OPTIONS_TRIALS_MAX - 1, &options->trial);
	case KEY_POINT:
		options->one_point = true;
		return value_number(error, "--point", text, 1, OPTIONS_POINTS_MAX, &options->point);
	case KEY_TRIALS:
		return value_number(
			error, "--trials", text, 1, OPTIONS_TRIALS_MAX, &options->trials);
	case KEY_WORKERS:
		return value_number(
			error, "--workers", text, 0, SHM_WORKERS_MAX, &options->workers);
	case KEY_THREADS:
		return value_numbers(error, "--threads", text, SHM_WORKERS_MAX,
			options->cost.thread, &options->cost.threads);
	case KEY_HEAP:
		return value_sizes(error, "--heap", text, options->cost.heap, &options->cost.heaps);
	case KEY_ROUNDS:
		return value_number(
			error, "--rounds", text, 1, OPTIONS_ROUNDS_MAX, &options->cost.rounds);
	case KEY_PORT:
		return value_number(error, "--port", text, 1, 65535, &options->cost.port);
	case KEY_BUDGET:
		return value_seconds(error, "--budget", text, 0, 86400, &options->budget_s);
	case KEY_DEADLINE:
		return value_seconds(error, "--deadline", text, 0.1, 3600, &options->deadline_s);
	case KEY_MEMORY:
		return value_size(error, "--memory", text, &options->memory_bytes);
	case KEY_SEED:
		return value_seed(error, "--seed", text, &options->seed);
	case KEY_QUICK:
		return set_effort(parse, EFFORT_QUICK);
	case KEY_THOROUGH:
		return set_effort(parse, EFFORT_THOROUGH);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int stop_parsing(struct parse *parse, enum cli_result what, struct argp_state *state)
{
	parse->result = what;
	state->next = state->argc; /* nothing after it matters */
	return 0;
}

static int report_rejected(const struct parse *parse, const struct argp_state *state)
{
	/* argp moves on before it refuses, except in the middle of "-abc". */
	int index = state->next > parse->next ? state->next - 1 : state->next;
	if (parse->result == CLI_PROCEED && *parse->error.text == '\0')
		(void)option_error_rejected(&parse->error, option_table, state->argv[index]);
	return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct parse *parse = state->input;
	int status;
	if (key == ARGP_KEY_ERROR)
		return report_rejected(parse, state);
	parse->next = key == ARGP_KEY_INIT ? 1 : state->next;
	switch (key) {
	case 'h':
		return stop_parsing(parse, CLI_HELP, state);
	case 'V':
		return stop_parsing(parse, CLI_VERSION, state);
	case ARGP_KEY_ARG:
		return set_command(parse, text, state->arg_num);
	default:
		option_scope_note(&parse->given, key);
		status = set_choice(parse, key, text);
		return status == ARGP_ERR_UNKNOWN ? set_number(parse, key, text) : status;
	}
}

static const struct argp parser = {
	.options = option_table,
	.parser = parse_option,
};

/* "--fail-on any" without a verdict: every bad one. */
static void fill_fail_on(struct options *options)
{
	bool named = !options->fail_on_any;
	for (int v = 0; v < VERDICT_COUNT; v++)
		named |= options->fail_on[v];
	for (int v = 0; v < VERDICT_COUNT && !named; v++)
		options->fail_on[v] = verdict_is_bad((enum verdict)v);
}

/* What the options leave open, from the command; -1 and 0 stand for "not given" until then. */
static void fill_defaults(struct options *options, const struct command *command)
{
	const struct command_defaults *defaults = &command->defaults[options->effort];
	options->command = command->name;
	options->modes = command->modes;
	memcpy(options->mode, command->mode, sizeof(options->mode));
	if (options->trials == 0)
		options->trials = defaults->trials;
	if (options->budget_s < 0)
		options->budget_s = defaults->budget_s;
	if (options->cost.rounds == 0)
		options->cost.rounds = defaults->rounds;
	if (options->methods == 0) {
		options->method[options->methods++] = METHOD_FORK;
		if (!command->fork_only)
			options->method[options->methods++] = METHOD__FORK;
	}
	fill_fail_on(options);
	if (options->mitigations == 0)
		options->mitigation[options->mitigations++] = MITIGATION_NONE;
}

int cli_parse(int argc, char **argv, const struct command **command, struct options *options,
	char *error, size_t size)
{
	struct parse parse = {
		.options = options,
		.error = {error, size},
		.command = command_table[0],
	};
	int status;
	*error = '\0';
	*options = (struct options){
		.workers = 4,
		.budget_s = -1,
		.deadline_s = 10,
		.seed = 1,
		.aim = true,
	};
	status = argp_parse(&parser, argc, argv, ARGP_SILENT | ARGP_IN_ORDER, NULL, &parse);
	if (command)
		*command = parse.result == CLI_PROCEED || parse.named ? parse.command : NULL;
	if (parse.result != CLI_PROCEED)
		return parse.result;
	if (status != 0)
		return -EINVAL;
	status = option_scope_check(&parse.given, parse.command, options, &parse.error);
	if (status != 0)
		return status;
	fill_defaults(options, parse.command);
	return parse.command->complete ? parse.command->complete(options, &parse.error)
				       : CLI_PROCEED;
}

void cli_version(FILE *stream)
{
	(void)fprintf(stream, "forklab %s\n", FORKLAB_VERSION);
}
