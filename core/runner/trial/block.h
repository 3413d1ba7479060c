#pragma once

#include "scenario.h"

#include <stdbool.h>

/* Writes fewer words into blocks from now on: when stepped, each of them is a fork point. */
void block_use_sparse_pattern(void);

/* Whether a live block still has its pattern. */
bool block_is_intact(const struct block *block);
