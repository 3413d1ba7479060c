/*
 * What a sweep's result depends on, besides the libraries that its runner loads: see sweep_store.h.
 */
#pragma once

#include "cell_plan.h"
#include "content_hash.h"

/*
 * The key of the sweep that the plan describes, on this machine, with this forklab and this
 * environment. 0; -errno: something cannot be read, so the sweep has no key.
 */
int sweep_key(const struct cell_plan *plan, struct content_hash *key);
