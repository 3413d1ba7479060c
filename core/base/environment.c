#include "environment.h"

#include "strbuf.h"

#include <stdlib.h>
#include <string.h>

enum { VARIABLES_MAX = 64 };

/* A name that ends in '*' is a prefix. The first that matches counts. */
static const struct {
	const char *name;
	enum environment_rule rule;
} rules[] = {
	{"LD_PRELOAD", ENVIRONMENT_REMOVED},
	{"LD_*", ENVIRONMENT_NAMED},
	{"GLIBC_TUNABLES", ENVIRONMENT_NAMED},
	{"MALLOC_*", ENVIRONMENT_NAMED}, /* glibc, jemalloc */
	{"JE_MALLOC_CONF", ENVIRONMENT_NAMED},
	{"_RJEM_MALLOC_CONF", ENVIRONMENT_NAMED}, /* jemalloc in Rust programs */
	{"HEAPPROFILE", ENVIRONMENT_NAMED},
	{"HEAP_PROFILE_*", ENVIRONMENT_NAMED},
	{"HEAPCHECK", ENVIRONMENT_NAMED},
	{"HEAP_CHECK_*", ENVIRONMENT_NAMED},
	{"CPUPROFILE*", ENVIRONMENT_NAMED},
	{"PERFTOOLS_*", ENVIRONMENT_NAMED},
	{"TCMALLOC_*", ENVIRONMENT_NAMED},
	{"MIMALLOC_*", ENVIRONMENT_NAMED},
	{"SCUDO_*", ENVIRONMENT_NAMED},
	{"SNMALLOC_*", ENVIRONMENT_NAMED},
	{"RPMALLOC_*", ENVIRONMENT_NAMED},
	{"TBB_MALLOC_*", ENVIRONMENT_NAMED},
	{"DMALLOC_*", ENVIRONMENT_NAMED},
	{"DUMA_*", ENVIRONMENT_NAMED},
	{"EF_*", ENVIRONMENT_NAMED},
	{"ASAN_OPTIONS", ENVIRONMENT_NAMED},
	{"LSAN_OPTIONS", ENVIRONMENT_NAMED},
	{"MSAN_OPTIONS", ENVIRONMENT_NAMED},
	{"TSAN_OPTIONS", ENVIRONMENT_NAMED},
	{"UBSAN_OPTIONS", ENVIRONMENT_NAMED},
	{"VALGRIND_OPTS", ENVIRONMENT_NAMED},
};

static bool matches(const char *pattern, const char *variable, size_t length)
{
	size_t wanted = strlen(pattern);
	if (pattern[wanted - 1] == '*')
		return length >= wanted - 1 && strncmp(pattern, variable, wanted - 1) == 0;
	return length == wanted && strncmp(pattern, variable, wanted) == 0;
}

enum environment_rule environment_rule(const char *variable)
{
	size_t length = strcspn(variable, "=");
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (matches(rules[i].name, variable, length))
			return rules[i].rule;
	return ENVIRONMENT_OTHER;
}

/* Inserts in order; what comes after the last place is dropped. */
static void insert(const char **found, size_t count, size_t max, const char *variable)
{
	size_t at = count < max ? count : max;
	while (at > 0 && strcmp(found[at - 1], variable) > 0) {
		if (at < max)
			found[at] = found[at - 1];
		at--;
	}
	if (at < max)
		found[at] = variable;
}

size_t environment_find(
	char *const *environment, enum environment_rule rule, const char **found, size_t max)
{
	size_t count = 0;
	for (size_t i = 0; environment[i]; i++) {
		const char *value = strchr(environment[i], '=');
		if (value && value[1] && environment_rule(environment[i]) == rule)
			insert(found, count++, max, environment[i]);
	}
	return count;
}

/* ---- For a shell ---- */

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=+-@%"

/* In $'...' if there is a control character, else in '...' if there is anything but plain ones. */
static void add_quoted(struct strbuf *line, const char *value)
{
	bool control = false;
	if (value[strspn(value, PLAIN)] == '\0') {
		strbuf_addf(line, "%s", value);
		return;
	}
	for (const char *c = value; *c; c++)
		control |= (unsigned char)*c < ' ' || *c == 0x7f;
	strbuf_addf(line, control ? "$'" : "'");
	for (const char *c = value; *c; c++) {
		bool hard = (unsigned char)*c < ' ' || *c == 0x7f;
		if (control && (hard || *c == '\'' || *c == '\\'))
			strbuf_addf(line, "\\%03o", (unsigned)(unsigned char)*c);
		else
			strbuf_addf(line, *c == '\'' ? "'\\''" : "%c", *c);
	}
	strbuf_addf(line, "'");
}

void environment_prefix(char *out, size_t size, char *const *environment)
{
	const char *found[VARIABLES_MAX];
	struct strbuf line = strbuf_init(out, size);
	size_t count = environment_find(environment, ENVIRONMENT_NAMED, found, VARIABLES_MAX);
	for (size_t i = 0; i < count && i < VARIABLES_MAX; i++) {
		size_t before = line.used;
		int name = (int)strcspn(found[i], "=");
		strbuf_addf(&line, "%.*s=", name, found[i]);
		add_quoted(&line, found[i] + name + 1);
		strbuf_addf(&line, " ");
		if (line.used + 1 < size)
			continue;
		out[before] = '\0';
		return;
	}
}
