/* One result of the JSON: a cell and mode. */
#pragma once

#include "model.h"

#include <jansson.h>

/* A new object, or NULL without memory. */
json_t *node_cell(const struct cell *cell);
