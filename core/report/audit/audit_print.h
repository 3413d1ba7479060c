/* Audits of atfork handlers, in the formats of the command audit. */
#pragma once

#include "audit.h"
#include "document.h"

struct audit_report {
	struct host host;
	size_t audits;
	const struct audit *audit;
	bool partial; /* interrupted */
	double seconds;
};

/* Writes all of it in that format. 0, -ENOMEM, or -EIO when the stream had an error. */
int audit_print(FILE *out, enum output_format format, const struct audit_report *report,
	const struct print_options *options);
int audit_print_json(FILE *out, const struct audit_report *report);
