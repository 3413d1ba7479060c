#pragma once

#include "scenario.h"

#include <stdbool.h>

/* Writes fewer words into blocks from now on: when stepped, each of them is a fork point. */
void block_use_sparse_pattern(void);

/*
 * Allocates and frees blocks of many sizes, before any fork, and stores in the shared page how they
 * are aligned.
 */
void block_measure_alignment(struct alignment alignment[ALIGNMENT_KINDS]);

/* Whether a live block still has its pattern. */
bool block_is_intact(const struct block *block);
