/* The choice of an allocator in sentences: what is safe, what is recommended, how to use it. Pure.
 */
#pragma once

#include "choose_model.h"

/* The result of the safety check; the brief one is "deadlock in basic". */
void choose_safety_text(char *out, size_t size, const struct choice *choice);
void choose_safety_brief(char *out, size_t size, const struct choice *choice);

/* The recommendation in one sentence, and the choice that it is for; NULL: none. */
void choose_advice(char *out, size_t size, const struct choose_report *report);
const struct choice *choose_recommended(const struct choose_report *report);

/* How a program gets that allocator: "link with -ljemalloc, or LD_PRELOAD=... PROGRAM". */
void choose_usage(char *out, size_t size, const struct cost_cell *cell);
