/* The choice of an allocator, in the formats of the command choose. */
#pragma once

#include "choose_model.h"
#include "document.h"

/* Writes all of it in that format. 0, -ENOMEM, or -EIO when the stream had an error. */
int choose_print(FILE *out, enum output_format format, const struct choose_report *report,
	const struct print_options *options);

int choose_print_json(FILE *out, const struct choose_report *report);
