/* Audits of atfork handlers, in the formats of the command audit. */
#ifndef FORKLAB_AUDIT_PRINT_H
#define FORKLAB_AUDIT_PRINT_H

#include "audit.h"
#include "printer.h"

struct audit_report {
	struct host host;
	size_t audits;
	const struct audit *audit;
	bool partial; /* interrupted */
	double seconds;
};

/* Writes all of it. 0, -ENOMEM, or -EIO when the stream had an error. */
typedef int audit_printer(
	FILE *out, const struct audit_report *list, const struct print_options *options);
audit_printer audit_print_text, audit_print_json, audit_print_markdown;

#endif
