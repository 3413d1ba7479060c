/* The conclusion of an audit in words; at most `size` bytes with the NUL. Pure. */
#pragma once

#include "audit_summary.h"

#include <stddef.h>

/* For a table: "none", "locks 3", "libc", "none of its own", "?". */
void audit_text_brief(char *out, size_t size, const struct audit_summary *summary);

/* As a sentence without its full stop. */
void audit_text(char *out, size_t size, const struct audit_summary *summary);
