#include "sweep_key.h"

#include "mapped_files.h"
#include "shm_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LINE_SIZE = 8192 };

/* A text with a line for each thing; its hash is the key. */
struct key_text {
	FILE *out;
	int error;
};

static void add_file(struct key_text *text, const char *what, const char *path)
{
	struct content_hash hash;
	int error = content_hash_file(path, &hash);
	text->error = text->error ? text->error : error;
	(void)fprintf(text->out, "%s ", what);
	(void)fwrite(hash.byte, 1, sizeof(hash.byte), text->out);
	(void)fputc('\n', text->out);
}

/* With the libraries that decode instructions and read symbols. */
static void add_forklab(struct key_text *text)
{
	static char file[MAPPED_FILES_MAX][MAPPED_PATH_MAX];
	int count = mapped_files(getpid(), file);
	if (count < 0 || count > MAPPED_FILES_MAX)
		text->error = -EPROTO;
	for (int i = 0; i < count && !text->error; i++)
		add_file(text, "forklab", file[i]);
}

/* "flags : fpu vme ...": libc and allocators choose their code by them. */
static void add_processor(struct key_text *text)
{
	static const char *const names[] = {"model name", "flags", "Features"};
	char line[LINE_SIZE];
	FILE *cpuinfo = fopen("/proc/cpuinfo", "re");
	if (!cpuinfo) {
		text->error = -errno;
		return;
	}
	/* Of the first processor, which an empty line ends. */
	while (fgets(line, sizeof(line), cpuinfo) && line[0] != '\n')
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				(void)fputs(line, text->out);
	(void)fclose(cpuinfo);
}

static void add_machine(struct key_text *text)
{
	struct utsname name;
	char huge[128] = "";
	if (uname(&name) != 0)
		text->error = -errno;
	FILE *setting = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	if (setting && !fgets(huge, sizeof(huge), setting))
		huge[0] = '\0';
	if (setting)
		(void)fclose(setting);
	(void)fprintf(text->out, "kernel %s %s %s\nhuge pages %s\n", name.release, name.version,
		name.machine, huge);
	add_processor(text);
}

/* Different in each terminal or directory, and read by no allocator. */
static bool is_of_terminal(const char *variable)
{
	static const char *const names[] = {"_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLUMNS",
		"LINES", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "XDG_SESSION_ID", "WINDOWID",
		"INVOCATION_ID", "JOURNAL_STREAM", "TMUX", "TMUX_PANE", "STY"};
	size_t length = strcspn(variable, "=");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && strncmp(variable, names[i], length) == 0)
			return true;
	return false;
}

/* All the others: an allocator may read variables that forklab has never heard of. */
static void add_environment(struct key_text *text, const struct cell_plan *plan)
{
	for (size_t i = 0; environ[i]; i++)
		if (!is_of_terminal(environ[i]))
			(void)fprintf(text->out, "variable %s\n", environ[i]);
	for (size_t i = 0; plan->env && plan->env[i]; i++)
		(void)fprintf(text->out, "of the runner %s\n", plan->env[i]);
}

static void add_plan(struct key_text *text, const struct cell_plan *plan)
{
	add_file(text, "runner", plan->runner);
	if (plan->object)
		add_file(text, "object", plan->object->path);
	if (plan->scenario_file)
		add_file(text, "scenario", plan->scenario_file);
	(void)fprintf(text->out,
		"%s %s %s cure %d seed %" PRIu64 " memory %" PRIu64
		" deadline %g every instruction %d secondary %d commands %s %s %s\n",
		plan->allocator, plan->scenario, fork_method_name(plan->method), plan->mitigation,
		plan->seed, plan->memory_bytes, plan->deadline_s, plan->every_instruction,
		plan->secondary, plan->repro_options ? plan->repro_options : "",
		plan->preload_options ? plan->preload_options : "",
		plan->scenario_argument ? plan->scenario_argument : "");
}

int sweep_key(const struct cell_plan *plan, struct content_hash *key)
{
	char *bytes = NULL;
	size_t size = 0;
	struct key_text text = {.out = open_memstream(&bytes, &size)};
	if (!text.out)
		return -ENOMEM;
	add_forklab(&text);
	add_machine(&text);
	add_environment(&text, plan);
	add_plan(&text, plan);
	if (fclose(text.out) != 0)
		text.error = -ENOMEM;
	if (!text.error)
		*key = content_hash(bytes, size);
	free(bytes);
	return text.error;
}
