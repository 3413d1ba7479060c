#include "json_rules.h"

#include "strbuf.h"
#include "utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 256, SHOWN_MAX = 40 };

/* A value and where it is. */
struct place {
	const char *path;
	const json_t *value;
	char *error;
	size_t size;
};

static int check(const struct place *place, const struct json_rule *rule);

void json_describe(char *out, size_t size, const json_t *value)
{
	char *text = json_is_object(value) || json_is_array(value)
			     ? NULL
			     : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
	char shown[SHOWN_MAX];
	utf8_sanitize(shown, sizeof(shown), text ? text : "", true);
	if (text)
		(void)snprintf(out, size, "%s%s", shown, strlen(text) > strlen(shown) ? "..." : "");
	else
		(void)snprintf(out, size, "%s", json_is_object(value) ? "an object" : "a list");
	free(text);
}

static int refuse(const struct place *place, const char *expected)
{
	char got[SHOWN_MAX + 8];
	json_describe(got, sizeof(got), place->value);
	(void)snprintf(
		place->error, place->size, "%s: expected %s, not %s", place->path, expected, got);
	return -EINVAL;
}

/* ---- Plain values ---- */

static int refuse_number(const struct place *place, const struct json_rule *rule)
{
	char expected[96];
	(void)snprintf(expected, sizeof(expected), "%s from %.15g to %.15g",
		rule->domain == JSON_DOMAIN_WHOLE ? "a whole number" : "a number", rule->least,
		rule->most);
	return refuse(place, expected);
}

static int check_number(const struct place *place, const struct json_rule *rule)
{
	bool is_kind = rule->domain == JSON_DOMAIN_WHOLE ? json_is_integer(place->value)
							 : json_is_number(place->value);
	double value = json_number_value(place->value);
	return is_kind && value >= rule->least && value <= rule->most ? 0
								      : refuse_number(place, rule);
}

static int check_text(const struct place *place, const struct json_rule *rule)
{
	char expected[64];
	double length = (double)json_string_length(place->value);
	if (json_is_string(place->value) && length >= rule->least && length <= rule->most)
		return 0;
	(void)snprintf(
		expected, sizeof(expected), "a text of %g to %g bytes", rule->least, rule->most);
	return refuse(place, expected);
}

static int check_word(const struct place *place, const struct json_rule *rule)
{
	char expected[512];
	struct strbuf list = strbuf_init(expected, sizeof(expected));
	const char *text = json_string_value(place->value), *word;
	for (size_t i = 0; (word = rule->word(i)); i++) {
		if (text && strcmp(text, word) == 0)
			return 0;
		strbuf_add_item(&list, 0, ", ", "%s\"%s\"",
			list.used && !rule->word(i + 1) ? "or " : "", word);
	}
	return refuse(place, expected);
}

/* ---- Containers ---- */

static int check_members(const struct place *place, const struct json_rule *rule)
{
	for (const struct json_rule *member = rule->member; member->key; member++) {
		char path[PATH_MAX_BYTES];
		const json_t *value = json_object_get(place->value, member->key);
		(void)snprintf(path, sizeof(path), "%s%s%s", place->path, *place->path ? "." : "",
			member->key);
		const struct place at = {path, value, place->error, place->size};
		if (!value && !(member->flags & JSON_OPTIONAL)) {
			(void)snprintf(place->error, place->size, "%s is missing", path);
			return -EINVAL;
		}
		if (value && check(&at, member) != 0)
			return -EINVAL;
	}
	return 0;
}

static int check_map(const struct place *place, const struct json_rule *rule)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)place->value, key, value)
	{
		char path[PATH_MAX_BYTES];
		(void)snprintf(path, sizeof(path), "%s.%s", place->path, key);
		if (check(&(struct place){path, value, place->error, place->size}, rule->member) !=
			0)
			return -EINVAL;
	}
	return 0;
}

static int check_list(const struct place *place, const struct json_rule *rule)
{
	size_t i;
	const json_t *value;
	json_array_foreach(place->value, i, value)
	{
		char path[PATH_MAX_BYTES];
		(void)snprintf(path, sizeof(path), "%s[%zu]", place->path, i);
		if (check(&(struct place){path, value, place->error, place->size}, rule->member) !=
			0)
			return -EINVAL;
	}
	return 0;
}

static int check(const struct place *place, const struct json_rule *rule)
{
	if (json_is_null(place->value) && (rule->flags & JSON_NULLABLE))
		return 0;
	switch (rule->domain) {
	case JSON_DOMAIN_TEXT:
		return check_text(place, rule);
	case JSON_DOMAIN_WORD:
		return check_word(place, rule);
	case JSON_DOMAIN_WHOLE:
	case JSON_DOMAIN_NUMBER:
		return check_number(place, rule);
	case JSON_DOMAIN_FLAG:
		return json_is_boolean(place->value) ? 0 : refuse(place, "true or false");
	case JSON_DOMAIN_RECORD:
		return json_is_object(place->value) ? check_members(place, rule)
						    : refuse(place, "an object");
	case JSON_DOMAIN_MAP:
		return json_is_object(place->value) ? check_map(place, rule)
						    : refuse(place, "an object");
	case JSON_DOMAIN_LIST:
		return json_is_array(place->value) ? check_list(place, rule)
						   : refuse(place, "a list");
	}
	return -EINVAL;
}

int json_check(const json_t *root, const struct json_rule *rule, char *error, size_t size)
{
	const struct place place = {"", root, error, size};
	if (json_is_object(root))
		return check(&place, rule);
	(void)snprintf(error, size, "the document is no object");
	return -EINVAL;
}
