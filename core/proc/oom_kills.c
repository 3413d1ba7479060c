#include "oom_kills.h"

#include "proc_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A line is "4:memory:/path", of version 2 "0::/path". */
bool oom_kills_path(const char *cgroups, int version, char *path, size_t size)
{
	for (const char *line = cgroups; *line;) {
		int length = (int)strcspn(line, "\n");
		const char *controller = memchr(line, ':', (size_t)length);
		const char *group = controller ? memchr(controller + 1, ':',
							 (size_t)(line + length - controller - 1))
					       : NULL;
		if (group) {
			int name = (int)(group - controller - 1),
			    rest = (int)(line + length - group);
			bool unified = name == 0;
			bool memory = name == 6 && strncmp(controller + 1, "memory", 6) == 0;
			if (version == 2 ? unified : memory)
				return snprintf(path, size, "/sys/fs/cgroup%s%.*s/%s",
					       unified ? "" : "/memory", rest - 1, group + 1,
					       unified ? "memory.events" : "memory.oom_control") <
				       (int)size;
		}
		line += length + (line[length] == '\n');
	}
	return false;
}

uint64_t oom_kills_parse(const char *text)
{
	static const char key[] = "oom_kill ";
	uint64_t count = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, sizeof(key) - 1) == 0 &&
			sscanf(line + sizeof(key) - 1, "%" SCNu64, &count) == 1)
			return count;
	}
	return 0;
}

uint64_t oom_kills_read(void)
{
	/* The own group may be the root of what this namespace shows. */
	static const char *const roots[] = {
		"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"};
	char cgroups[4096], path[4096 + 64], text[1024];
	if (proc_file_read(cgroups, sizeof(cgroups), "/proc/self/cgroup") > 0)
		for (int version = 2; version > 0; version--)
			if (oom_kills_path(cgroups, version, path, sizeof(path)) &&
				proc_file_read(text, sizeof(text), "%s", path) > 0)
				return oom_kills_parse(text);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (proc_file_read(text, sizeof(text), "%s", roots[i]) > 0)
			return oom_kills_parse(text);
	return 0;
}

bool oom_kills_since(uint64_t *before)
{
	uint64_t now = oom_kills_read();
	bool more = now > *before;
	*before = now;
	return more;
}
