/*
 * Sweeps that need not be made again. A sweep is a function of its plan, of the machine and of the
 * files that its runner maps: sweep_key.h has the first two, and a stored sweep names its files
 * with their contents, which are compared with what is there now.
 */
#pragma once

#include "cell_plan.h"
#include "model.h"
#include "store.h"

/*
 * The stored result of that plan in *cell, whose `reused` says when it was measured. False: there
 * is none that still holds.
 */
bool sweep_store_find(struct result_store *store, const struct cell_plan *plan, struct cell *cell);

/* Stores a result, if it is whole and does not depend on chance. */
void sweep_store_keep(
	struct result_store *store, const struct cell_plan *plan, const struct cell *cell);
