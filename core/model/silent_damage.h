/* The silent damage of a fork: from what was examined to notes on a cell. Pure. */
#pragma once

#include "model.h"
#include "shm.h"

/*
 * Adds the notes to the cell. `examination` comes from the process under test: nothing in it is
 * believed beyond its bounds. `fresh_layout` is that of another fresh process of the same program.
 * A note on blocks that overlap counts as a trial of its own, with the verdict `corruption`; its
 * finding has no command yet.
 */
void silent_damage_find(
	struct cell *cell, const struct heap_check *heap_check, uint64_t fresh_layout);

/* "blocks-twice": the kind as JSON has it. Never NULL. */
const char *silent_damage_name(enum damage_kind kind);
