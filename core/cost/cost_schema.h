/* What a document of the schema "forklab-cost/1" may hold. Pure. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * Whether a document is one that `forklab cost --format json` can have written: each value is in
 * its domain, and they agree with each other. 0, or -EINVAL with what is wrong where in
 * error[size].
 */
int cost_schema_check(const json_t *root, char *error, size_t size);
