/* What findings are made of, as JSON. Each is a new reference; NULL: no memory. */
#pragma once

#include "finding.h"

#include <jansson.h>

/* "malloc(1500)"; null for no call. */
json_t *node_call(const struct heap_call *call);

/* "worker 2"; null when unknown. */
json_t *node_role(const struct thread_role *role);

/* "free-others"; null for CHILD_STEP_NONE. */
json_t *node_step(enum child_step step, const char *name);

/* All reasons, as sentences. */
json_t *node_reasons(const struct finding *finding);
