#include "meminfo.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/sysinfo.h>

uint64_t meminfo_available(void)
{
	char line[128];
	uint64_t kib = 0;
	FILE *file = fopen("/proc/meminfo", "re");
	while (file && !kib && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) != 1)
			kib = 0;
	if (file)
		fclose(file);
	struct sysinfo info;
	if (!kib && sysinfo(&info) == 0)
		kib = (uint64_t)info.freeram * info.mem_unit / 1024;
	return kib * 1024;
}
