#include "host.h"

#include "ascii.h"
#include "environment.h"

#include <gnu/libc-version.h>
#include <sched.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The variables with that rule into list[max]; their number. */
static size_t copy_variables(struct host_variable *list, size_t max, enum environment_rule rule)
{
	const char *found[HOST_VARIABLES_MAX];
	size_t count = environment_find(environ, rule, found, HOST_VARIABLES_MAX);
	count = count < max ? count : max;
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(found[i], "=");
		ascii_sanitize(list[i].name, sizeof(list[i].name), found[i], length);
		ascii_sanitize(
			list[i].value, sizeof(list[i].value), found[i] + length + 1, SIZE_MAX);
	}
	return count;
}

bool host_same_environment(const struct host *a, const struct host *b)
{
	if (a->variables != b->variables)
		return false;
	for (size_t i = 0; i < a->variables; i++)
		if (strcmp(a->variable[i].name, b->variable[i].name) != 0 ||
			strcmp(a->variable[i].value, b->variable[i].value) != 0)
			return false;
	return true;
}

void host_describe(struct host *host)
{
	struct utsname name;
	struct sysinfo info;
	cpu_set_t cpus;
	*host = (struct host){.kernel = "?", .machine = "?"};
	if (uname(&name) == 0) {
		snprintf(host->kernel, sizeof(host->kernel), "%.63s", name.release);
		snprintf(host->machine, sizeof(host->machine), "%.63s", name.machine);
	}
	snprintf(host->libc, sizeof(host->libc), "glibc %s", gnu_get_libc_version());
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		host->cpus = (unsigned)CPU_COUNT(&cpus);
	if (sysinfo(&info) == 0)
		host->memory_mib = (uint64_t)info.totalram * info.mem_unit >> 20;
	host->variables = copy_variables(host->variable, HOST_VARIABLES_MAX, ENVIRONMENT_NAMED);
	host->removed = copy_variables(host->removed_variable, 1, ENVIRONMENT_REMOVED);
}
