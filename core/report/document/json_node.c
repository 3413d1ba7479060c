#include "json_node.h"

#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

json_t *node_text(const char *words)
{
	char clean[MODEL_TEXT_MAX];
	utf8_sanitize(clean, sizeof(clean), words, true);
	return json_string(clean);
}

json_t *node_text_or_null(const char *words)
{
	return *words ? node_text(words) : json_null();
}

json_t *node_integer(uint64_t number)
{
	return json_integer((json_int_t)number);
}

json_t *node_integer_or_null(int64_t number)
{
	return number > 0 ? json_integer(number) : json_null();
}

/* JSON knows neither NaN nor infinity. */
json_t *node_real(double number)
{
	return isfinite(number) ? json_real(number) : json_null();
}

json_t *node_real_or_null(double number)
{
	return number >= 0 ? node_real(number) : json_null();
}

json_t *node_address(uint64_t value)
{
	return value ? json_sprintf("0x%" PRIx64, value) : json_null();
}

json_t *node_boolean(bool value)
{
	return json_boolean(value);
}

json_t *node_literal(const char *name)
{
	return json_string(name);
}

json_t *node_append(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) == 0)
		return list;
	json_decref(list);
	return NULL;
}

json_t *node_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) == 0)
		return object;
	json_decref(object);
	return NULL;
}

json_t *node_object(const struct json_member *member)
{
	json_t *result = json_object();
	for (; member->key; member++)
		result = node_set(result, member->key, member->value);
	return result;
}

json_t *node_array(const void *of, size_t count, node_at *at)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++)
		list = node_append(list, at(of, i));
	return list;
}

json_t *node_texts(const char (*text)[MODEL_TEXT_MAX], size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++)
		list = node_append(list, node_text(text[i]));
	return list;
}

static json_t *variables_object(const struct host_variable *variable, size_t count)
{
	json_t *object = json_object();
	for (size_t i = 0; object && i < count; i++)
		object = node_set(object, variable[i].name, node_text(variable[i].value));
	return object;
}

json_t *node_environment(const struct host *host)
{
	return variables_object(host->variable, host->variables);
}

json_t *node_environment_removed(const struct host *host)
{
	return variables_object(host->removed_variable, host->removed);
}

json_t *node_host(const struct host *host)
{
	return node_object((struct json_member[]){
		{"kernel", node_text(host->kernel)},
		{"machine", node_text(host->machine)},
		{"libc", node_text(host->libc)},
		{"cpus", node_integer(host->cpus)},
		{"memory_mib", node_integer(host->memory_mib)},
		{"environment", node_environment(host)},
		{"environment_removed", node_environment_removed(host)},
		{0},
	});
}

int node_write(FILE *out, json_t *root)
{
	enum { INDENT = 1, DIGITS = 9 };
	if (!root)
		return -ENOMEM;
	int status = json_dumpf(root, out, JSON_INDENT(INDENT) | JSON_REAL_PRECISION(DIGITS));
	json_decref(root);
	if (status == 0)
		(void)fputc('\n', out);
	return status != 0 || ferror(out) ? -EIO : 0;
}
