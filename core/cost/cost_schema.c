#include "cost_schema.h"

#include "cost_model.h"
#include "json_rules.h"
#include "shm_map.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA "forklab-cost/1"
#define MIB    1048576.0

/* More than any time in ns, number of bytes or rate that can be measured. */
#define HUGE_VALUE 1e18

enum { NAME_MAX_BYTES = MODEL_NAME_MAX - 1, TEXT_MAX_BYTES = 4096, CONFIG_KEYS = 5 };

/* ---- Words ---- */

static const char *schema_word(size_t i)
{
	return i == 0 ? SCHEMA : NULL;
}

static const char *link_word(size_t i)
{
	return i < LINK_KINDS ? link_kind_name((enum link_kind)i) : NULL;
}

static const char *method_word(size_t i)
{
	return i < METHOD_COUNT ? fork_method_name((uint32_t)i) : NULL;
}

static const char *pages_word(size_t i)
{
	return i == 0 ? "usual" : i == 1 ? "huge" : NULL;
}

/* ---- The tables ---- */

#define TEXT(name, flags, least, most)                                                             \
	{                                                                                          \
		name, JSON_DOMAIN_TEXT, flags, least, most, NULL, NULL                             \
	}
#define WORD(name, words)                                                                          \
	{                                                                                          \
		name, JSON_DOMAIN_WORD, 0, 0, 0, words, NULL                                       \
	}
#define WHOLE(name, flags, least, most)                                                            \
	{                                                                                          \
		name, JSON_DOMAIN_WHOLE, flags, least, most, NULL, NULL                            \
	}
#define NUMBER(name, flags, least, most)                                                           \
	{                                                                                          \
		name, JSON_DOMAIN_NUMBER, flags, least, most, NULL, NULL                           \
	}
#define FLAG(name, flags)                                                                          \
	{                                                                                          \
		name, JSON_DOMAIN_FLAG, flags, 0, 0, NULL, NULL                                    \
	}
#define RECORD(name, flags, members)                                                               \
	{                                                                                          \
		name, JSON_DOMAIN_RECORD, flags, 0, 0, NULL, members                               \
	}
#define MAP(name, flags, rule)                                                                     \
	{                                                                                          \
		name, JSON_DOMAIN_MAP, flags, 0, 0, NULL, rule                                     \
	}
#define LIST(name, flags, rule)                                                                    \
	{                                                                                          \
		name, JSON_DOMAIN_LIST, flags, 0, 0, NULL, rule                                    \
	}
#define END                                                                                        \
	{                                                                                          \
		0                                                                                  \
	}

/* What must go with a value, and what with null, is checked below. */
static const struct json_rule estimate_members[] = {
	NUMBER("value", JSON_NULLABLE, 0, HUGE_VALUE),
	TEXT("why", JSON_OPTIONAL, 1, TEXT_MAX_BYTES),
	NUMBER("low", JSON_OPTIONAL, 0, HUGE_VALUE),
	NUMBER("high", JSON_OPTIONAL, 0, HUGE_VALUE),
	WHOLE("rounds", JSON_OPTIONAL, 1, COST_ROUNDS_MAX),
	FLAG("noisy", JSON_OPTIONAL),
	END,
};
static const struct json_rule estimate = RECORD(NULL, 0, estimate_members);

static const struct json_rule level = NUMBER(NULL, 0, 0, 1);
static const struct json_rule sample = NUMBER(NULL, 0, 0, HUGE_VALUE);
static const struct json_rule distribution_members[] = {
	WHOLE("count", 0, 1, HUGE_VALUE),
	NUMBER("max_ns", 0, 0, HUGE_VALUE),
	LIST("quantile", 0, &level),
	LIST("ns", 0, &sample),
	END,
};
static const struct json_rule distribution = RECORD(NULL, JSON_NULLABLE, distribution_members);

static const struct json_rule result_members[] = {
	TEXT("allocator", 0, 1, NAME_MAX_BYTES),
	TEXT("version", JSON_NULLABLE, 1, NAME_MAX_BYTES),
	WORD("link", link_word),
	TEXT("object", JSON_NULLABLE, 1, TEXT_MAX_BYTES),
	WORD("method", method_word),
	WHOLE("threads", 0, 0, SHM_WORKERS_MAX),
	WHOLE("heap_bytes", 0, MIB, MIB *MIB),
	WORD("pages", pages_word),
	WHOLE("rounds", 0, 0, COST_ROUNDS_MAX),
	FLAG("failed", 0),
	FLAG("skipped", 0),
	FLAG("corrupt", 0),
	TEXT("why", JSON_NULLABLE, 1, TEXT_MAX_BYTES),
	WHOLE("hung", 0, 0, UINT32_MAX),
	WHOLE("answers_late", JSON_OPTIONAL, 0, UINT32_MAX),
	WHOLE("answers_cut_short", JSON_OPTIONAL, 0, UINT32_MAX),
	WHOLE("answers_wrong", JSON_OPTIONAL, 0, UINT32_MAX),
	NUMBER("seconds", 0, 0, HUGE_VALUE),
	MAP("figures", JSON_NULLABLE, &estimate),
	MAP("distributions", JSON_NULLABLE, &distribution),
	END,
};
static const struct json_rule result = RECORD(NULL, 0, result_members);

static const struct json_rule variable = TEXT(NULL, 0, 0, TEXT_MAX_BYTES);
static const struct json_rule host_members[] = {
	TEXT("kernel", 0, 0, TEXT_MAX_BYTES),
	TEXT("machine", 0, 0, TEXT_MAX_BYTES),
	TEXT("libc", 0, 0, TEXT_MAX_BYTES),
	WHOLE("cpus", 0, 1, 1 << 20),
	WHOLE("memory_mib", 0, 1, UINT32_MAX),
	MAP("environment", JSON_OPTIONAL, &variable),
	MAP("environment_removed", JSON_OPTIONAL, &variable),
	END,
};

static const struct json_rule order_index = WHOLE(NULL, 0, 0, UINT32_MAX);
static const struct json_rule root_members[] = {
	WORD("schema", schema_word),
	RECORD("host", 0, host_members),
	WHOLE("seed", 0, (double)INT64_MIN, (double)INT64_MAX),
	WHOLE("rounds", 0, 1, COST_ROUNDS_MAX),
	NUMBER("budget_s", JSON_NULLABLE, 0, 86400),
	LIST("results", 0, &result),
	LIST("order", 0, &order_index),
	TEXT("note", JSON_NULLABLE, 1, TEXT_MAX_BYTES),
	NUMBER("machine_unevenness", JSON_NULLABLE, 1, HUGE_VALUE),
	FLAG("too_noisy", 0),
	FLAG("cut", 0),
	FLAG("partial", 0),
	NUMBER("seconds", 0, 0, HUGE_VALUE),
	END,
};
static const struct json_rule root_rule = RECORD(NULL, 0, root_members);

/* ---- What must agree ---- */

/* A result, and where to say what is wrong with it. */
struct checked {
	const json_t *root, *result;
	size_t index;
	char *error;
	size_t size;
};

__attribute__((format(printf, 3, 4))) static int refuse(
	const struct checked *checked, const char *where, const char *format, ...)
{
	va_list arguments;
	int used =
		snprintf(checked->error, checked->size, "results[%zu].%s: ", checked->index, where);
	if (used < 0 || (size_t)used >= checked->size)
		return -EINVAL;
	va_start(arguments, format);
	(void)vsnprintf(checked->error + used, checked->size - (size_t)used, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static json_int_t whole(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* The value of a pooled quantile may lie outside of the range of the rounds' own quantiles. */
static bool is_pooled(const char *key)
{
	for (size_t i = 0; i < COST_FIGURES; i++)
		if (strcmp(cost_figure_info(i)->key, key) == 0)
			return cost_figure_info(i)->aggregate == COST_POOLED;
	return true; /* unknown: of a later forklab */
}

static int check_estimate(const struct checked *checked, const char *key, const json_t *figure)
{
	static const char *const needed[] = {"low", "high", "rounds", "noisy"};
	char where[128];
	double value = number(figure, "value"), low = number(figure, "low"),
	       high = number(figure, "high");
	/* The file has nine digits of each. */
	double slack = value * 1e-8;
	(void)snprintf(where, sizeof(where), "figures.%s", key);
	if (json_is_null(json_object_get(figure, "value")))
		return json_object_get(figure, "why") ? 0
						      : refuse(checked, where, "why is missing");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!json_object_get(figure, needed[i]))
			return refuse(checked, where, "%s is missing", needed[i]);
	if (low > high)
		return refuse(checked, where, "expected low <= high, not %.9g and %.9g", low, high);
	if (!is_pooled(key) && (value < low - slack || value > high + slack))
		return refuse(checked, where, "expected a value from %.9g to %.9g, not %.9g", low,
			high, value);
	if (whole(figure, "rounds") > whole(checked->result, "rounds"))
		return refuse(checked, where, "expected at most the cell's %lld rounds, not %lld",
			(long long)whole(checked->result, "rounds"),
			(long long)whole(figure, "rounds"));
	return 0;
}

static bool is_ascending(const json_t *list)
{
	for (size_t i = 1; i < json_array_size(list); i++)
		if (json_number_value(json_array_get(list, i)) <
			json_number_value(json_array_get(list, i - 1)))
			return false;
	return true;
}

static int check_distribution(const struct checked *checked, const char *key, const json_t *of)
{
	char where[128];
	const json_t *levels = json_object_get(of, "quantile"), *times = json_object_get(of, "ns");
	(void)snprintf(where, sizeof(where), "distributions.%s", key);
	if (json_is_null(of))
		return 0;
	if (json_array_size(levels) != json_array_size(times))
		return refuse(checked, where, "expected as many ns as quantiles");
	if (!is_ascending(levels) || !is_ascending(times))
		return refuse(checked, where, "expected ascending quantiles and ns");
	size_t count = json_array_size(times);
	if (count && json_number_value(json_array_get(times, count - 1)) >
			     number(of, "max_ns") * (1 + 1e-8))
		return refuse(checked, where, "expected no ns beyond max_ns");
	return 0;
}

static int check_parts(const struct checked *checked)
{
	const char *key;
	json_t *part;
	json_object_foreach(json_object_get(checked->result, "figures"), key, part)
	{
		if (check_estimate(checked, key, part) != 0)
			return -EINVAL;
	}
	json_object_foreach(json_object_get(checked->result, "distributions"), key, part)
	{
		if (check_distribution(checked, key, part) != 0)
			return -EINVAL;
	}
	return 0;
}

/* True for two results of the same cell. */
static bool is_same_cell(const json_t *one, const json_t *other)
{
	static const char *const keys[CONFIG_KEYS] = {
		"allocator", "method", "threads", "heap_bytes", "pages"};
	for (size_t i = 0; i < CONFIG_KEYS; i++)
		if (!json_equal(json_object_get(one, keys[i]), json_object_get(other, keys[i])))
			return false;
	return true;
}

static int check_result(const struct checked *checked)
{
	const json_t *of = checked->result, *results = json_object_get(checked->root, "results");
	bool measured = whole(of, "rounds") > 0;
	if (whole(of, "rounds") > whole(checked->root, "rounds"))
		return refuse(checked, "rounds", "expected at most %lld, as the run had, not %lld",
			(long long)whole(checked->root, "rounds"), (long long)whole(of, "rounds"));
	if (json_is_object(json_object_get(of, "figures")) != measured)
		return refuse(checked, "figures", "expected %s of a cell with %s rounds",
			measured ? "those" : "null", measured ? "some" : "0");
	if (json_is_object(json_object_get(of, "distributions")) != measured)
		return refuse(checked, "distributions", "expected %s of a cell with %s rounds",
			measured ? "those" : "null", measured ? "some" : "0");
	if (json_is_true(json_object_get(of, "failed")) && json_is_null(json_object_get(of, "why")))
		return refuse(checked, "why", "expected the reason of a failure, not null");
	if (json_is_true(json_object_get(of, "corrupt")) &&
		!json_is_true(json_object_get(of, "failed")))
		return refuse(checked, "corrupt", "expected false of a cell that did not fail");
	if (whole(of, "answers_wrong") > 0 && !json_is_true(json_object_get(of, "corrupt")))
		return refuse(checked, "corrupt", "expected true of a cell with wrong answers");
	for (size_t i = 0; i < checked->index; i++)
		if (is_same_cell(of, json_array_get(results, i)))
			return refuse(checked, "allocator",
				"expected one result of each cell; results[%zu] is of the same", i);
	return check_parts(checked);
}

int cost_schema_check(const json_t *root, char *error, size_t size)
{
	const json_t *results = json_object_get(root, "results");
	const json_t *order = json_object_get(root, "order");
	if (json_check(root, &root_rule, error, size) != 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(results); i++) {
		const struct checked checked = {root, json_array_get(results, i), i, error, size};
		if (check_result(&checked) != 0)
			return -EINVAL;
	}
	for (size_t i = 0; i < json_array_size(order); i++)
		if (json_integer_value(json_array_get(order, i)) >=
			(json_int_t)json_array_size(results)) {
			(void)snprintf(error, size,
				"order[%zu]: expected the index of a result, below %zu, not %lld",
				i, json_array_size(results),
				(long long)json_integer_value(json_array_get(order, i)));
			return -EINVAL;
		}
	return 0;
}
