#include "host.h"

#include <gnu/libc-version.h>
#include <sched.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

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
}
