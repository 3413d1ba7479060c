#include "cost_environment.h"

#include "ascii.h"

#include <errno.h>
#include <jansson.h>

int cost_environment_load(const char *path, struct host *host)
{
	const char *name;
	json_t *value, *root = json_load_file(path, 0, NULL);
	*host = (struct host){0};
	if (!root)
		return -EINVAL;
	json_t *object = json_object_get(json_object_get(root, "host"), "environment");
	json_object_foreach(object, name, value)
	{
		const char *text = json_string_value(value);
		if (host->variables == HOST_VARIABLES_MAX)
			break;
		struct host_variable *to = &host->variable[host->variables++];
		ascii_sanitize(to->name, sizeof(to->name), name, SIZE_MAX);
		ascii_sanitize(to->value, sizeof(to->value), text ? text : "", SIZE_MAX);
	}
	json_decref(root);
	return 0;
}
