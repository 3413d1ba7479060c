/* Silent damage of a fork: from the heap check to notes on a cell. Pure. */
#pragma once

#include "model.h"
#include "shm.h"

/*
 * Adds the notes to the cell. `heap_check` comes from the process under test and may be wrong.
 * `fresh_layout` is that of another fresh process of the same program. A note on blocks that
 * overlap counts as one more trial, with the verdict `corruption`; its finding has no command yet.
 */
void silent_damage_find(
	struct cell *cell, const struct heap_check *heap_check, uint64_t fresh_layout);

/* "blocks-twice": the kind as JSON has it. Never NULL. */
const char *silent_damage_name(enum damage_kind kind);
