#include "cost_load.h"

#include "ascii.h"
#include "cost_schema.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WHAT_MAX = 512 };

struct loader {
	const char *path;
	char *error;
	size_t size;
};

static int load_error(const struct loader *loader, const char *what)
{
	snprintf(loader->error, loader->size,
		"--from %s: %s; write it with 'forklab cost --format json'", loader->path, what);
	return -EINVAL;
}

static void copy_text(char *to, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	ascii_sanitize(to, size, text ? text : "", SIZE_MAX);
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void read_estimate(struct cost_estimate *estimate, const json_t *figure)
{
	*estimate = (struct cost_estimate){
		.value = NAN, .low = NAN, .high = NAN, .why = COST_WHY_NOT_IN_FILE};
	if (!json_is_number(json_object_get(figure, "value")))
		return;
	*estimate = (struct cost_estimate){
		.value = number(figure, "value"),
		.low = number(figure, "low"),
		.high = number(figure, "high"),
		.rounds = (uint32_t)json_integer_value(json_object_get(figure, "rounds")),
		.noisy = json_is_true(json_object_get(figure, "noisy")),
	};
}

static void read_cell(struct cost_cell *cell, const json_t *object)
{
	const json_t *figures = json_object_get(object, "figures");
	char link[MODEL_NAME_MAX];
	*cell = (struct cost_cell){.method = METHOD_FORK};
	copy_text(cell->allocator, sizeof(cell->allocator), object, "allocator");
	copy_text(cell->version, sizeof(cell->version), object, "version");
	copy_text(link, sizeof(link), object, "link");
	cell->link = link_kind_from_name(link);
	copy_text(cell->object, sizeof(cell->object), object, "object");
	cell->threads = (uint32_t)json_integer_value(json_object_get(object, "threads"));
	cell->heap_bytes = (uint64_t)json_integer_value(json_object_get(object, "heap_bytes"));
	cell->hung = (uint32_t)json_integer_value(json_object_get(object, "hung"));
	cell->corrupt = json_is_true(json_object_get(object, "corrupt"));
	cell->wrong = (uint64_t)json_integer_value(json_object_get(object, "answers_wrong"));
	cell->cut = (uint64_t)json_integer_value(json_object_get(object, "answers_cut_short"));
	cell->late = (uint64_t)json_integer_value(json_object_get(object, "answers_late"));
	copy_text(cell->why, sizeof(cell->why), object, "why");
	cell->rounds = (uint32_t)json_integer_value(json_object_get(object, "rounds"));
	for (size_t i = 0; i < COST_FIGURES; i++)
		read_estimate(
			&cell->estimate[i], json_object_get(figures, cost_figure_info(i)->key));
}

static bool has_text(const json_t *object, const char *key, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text && strcmp(text, expected) == 0;
}

static bool is_config(const json_t *object, uint32_t threads, uint64_t heap_bytes)
{
	return has_text(object, "method", "fork") && has_text(object, "pages", "usual") &&
	       json_integer_value(json_object_get(object, "threads")) == (json_int_t)threads &&
	       json_integer_value(json_object_get(object, "heap_bytes")) ==
		       (json_int_t)heap_bytes &&
	       json_is_object(json_object_get(object, "figures"));
}

static const json_t *find(
	const json_t *results, const char *allocator, uint32_t threads, uint64_t heap_bytes)
{
	size_t i;
	const json_t *item;
	json_array_foreach(results, i, item)
	{
		if (has_text(item, "allocator", allocator) && is_config(item, threads, heap_bytes))
			return item;
	}
	return NULL;
}

static int missing(
	const struct loader *loader, const char *allocator, uint32_t threads, uint64_t heap_bytes)
{
	char what[256];
	snprintf(what, sizeof(what),
		"it has no figures of %s with %" PRIu32 " threads and a heap of %" PRIu64
		"M (--threads, --heap)",
		allocator, threads, heap_bytes >> 20);
	return load_error(loader, what);
}

static bool is_read(const struct cost_cell *cell, size_t count, const json_t *object)
{
	for (size_t i = 0; i < count; i++)
		if (has_text(object, "allocator", cell[i].allocator))
			return true;
	return false;
}

static int read_results(const struct loader *loader, const json_t *results, uint32_t threads,
	uint64_t heap_bytes, const char *const *allocator, size_t allocators,
	struct cost_cell *cell, size_t most, size_t *count)
{
	size_t i;
	const json_t *item;
	*count = 0;
	for (size_t a = 0; a < allocators && *count < most; a++) {
		const json_t *found = find(results, allocator[a], threads, heap_bytes);
		if (!found)
			return missing(loader, allocator[a], threads, heap_bytes);
		read_cell(&cell[(*count)++], found);
	}
	json_array_foreach(results, i, item)
	{
		if (allocators == 0 && *count < most && is_config(item, threads, heap_bytes) &&
			!is_read(cell, *count, item))
			read_cell(&cell[(*count)++], item);
	}
	return *count ? 0 : missing(loader, "any allocator", threads, heap_bytes);
}

int cost_load(const char *path, uint32_t threads, uint64_t heap_bytes, const char *const *allocator,
	size_t allocators, struct cost_cell *cell, size_t most, size_t *count, bool *noisy,
	char *error, size_t size)
{
	const struct loader loader = {path, error, size};
	json_error_t where;
	error[0] = '\0';
	char what[WHAT_MAX];
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
	if (!root) {
		snprintf(what, sizeof(what), "it cannot be read: %s (line %d)", where.text,
			where.line);
		return load_error(&loader, what);
	}
	int status = cost_schema_check(root, what, sizeof(what));
	if (status != 0)
		(void)load_error(&loader, what);
	else
		status = read_results(&loader, json_object_get(root, "results"), threads,
			heap_bytes, allocator, allocators, cell, most, count);
	*noisy = json_is_true(json_object_get(root, "too_noisy"));
	json_decref(root);
	return status;
}
