/* One result of the JSON: a cell and mode. */
#ifndef FORKLAB_RUN_JSON_CELL_H
#define FORKLAB_RUN_JSON_CELL_H

#include "model.h"

#include <jansson.h>

/* A new object, or NULL without memory. */
json_t *node_cell(const struct cell *cell);

#endif
