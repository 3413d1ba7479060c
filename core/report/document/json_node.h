/*
 * JSON values from the model's. Each function returns a new one, or NULL without memory, which
 * node_object() and node_array() pass on.
 */
#pragma once

#include "model.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

json_t *node_text(const char *words);   /* cleaned */
json_t *node_literal(const char *name); /* a string constant of forklab */
json_t *node_integer(uint64_t number);
json_t *node_real(double number); /* JSON knows neither NaN nor infinity: null */
json_t *node_boolean(bool value);

/* What is not known ("", not positive, negative) is null. */
json_t *node_text_or_null(const char *words);
json_t *node_integer_or_null(int64_t number);
json_t *node_real_or_null(double number);

/* Addresses are strings: a JSON number need not hold 64 bits. 0 is null. */
json_t *node_address(uint64_t value);

struct json_member {
	const char *key; /* NULL ends the list */
	json_t *value;
};

/* Takes over the values. */
json_t *node_object(const struct json_member *member);

/* Add a value, which they take over, and return the container; NULL: no memory, all is released. */
json_t *node_append(json_t *list, json_t *value);
json_t *node_set(json_t *object, const char *key, json_t *value);

typedef json_t *node_at(const void *of, size_t i);

json_t *node_texts(const char (*text)[MODEL_TEXT_MAX], size_t count);

/* The values that at() gives for 0 to count - 1. */
json_t *node_array(const void *of, size_t count, node_at *at);

json_t *node_host(const struct host *host);

/* The variables of the environment that are in force for every row, or for none: name to value. */
json_t *node_environment(const struct host *host);
json_t *node_environment_removed(const struct host *host);

/*
 * Writes a whole document and releases it. 0, -ENOMEM when it is NULL, -EIO when the stream has
 * failed.
 */
int node_write(FILE *out, json_t *root);
