/* What an explanation says beyond what was observed. Pure. */
#pragma once

#include "explanation.h"

enum { EXPLAIN_TEXTS_MAX = 8 };

struct explain_texts {
	unsigned count;
	char text[EXPLAIN_TEXTS_MAX][MODEL_TEXT_MAX];
};

/* Adds what would have prevented it, so far as it follows from the explanation. */
void explain_remedies(struct explain_texts *texts, const struct explanation *explanation);

/* Adds a note for each file whose symbols or source lines are missing, with their package. */
void explain_missing_names(struct explain_texts *texts, const struct explanation *explanation);
