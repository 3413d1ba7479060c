/*
 * Allocators by scenarios, one word in each cell, or two where the fork methods differ: "ok/hang".
 */
#pragma once

#include "answers.h"
#include "document.h"

/*
 * Adds the matrix, in the order of the answers, and a legend of the words that occur. 0 or -ENOMEM.
 */
int brief_matrix_add(
	struct document *document, const struct report *report, const struct answers *answers);
