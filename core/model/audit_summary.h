/* The conclusion of an audit: what the atfork handlers of an allocator do. */
#pragma once

#include "finding.h"

#include <stdbool.h>
#include <stdint.h>

enum audit_kind {
	AUDIT_UNKNOWN,       /* see `why` */
	AUDIT_NONE,          /* no handlers */
	AUDIT_EMPTY,         /* handlers that do nothing */
	AUDIT_LOCKS_NOTHING, /* they do something, but touch no lock */
	AUDIT_RESETS,        /* no locks, but re-initialises some in the child */
	AUDIT_RELEASES,      /* locked, and released in the child */
	AUDIT_REINITS,       /* locked, and re-initialised in the child */
	AUDIT_MIXED,         /* locked; some are released, some re-initialised */
	AUDIT_ABANDONS,      /* locked, and some still are in the child */
	AUDIT_LIBC,          /* no handlers: fork() itself takes a lock of libc's malloc */
	AUDIT_NONE_OWN,      /* likewise, but nothing takes a lock that malloc() has besides */
	AUDIT_KINDS
};

struct audit_summary {
	enum audit_kind kind;
	uint32_t locks, released, reinited, left, resets;
	uint32_t own;       /* AUDIT_NONE_OWN: locks of malloc() that nothing takes */
	uint32_t forgotten; /* published locks that were neither taken nor re-initialised */
	char missed[MODEL_TEXT_MAX]; /* their names: "a, b" */
	char why[MODEL_TEXT_MAX];    /* reason for AUDIT_UNKNOWN */
};

/* Whether two audits came to the same conclusion. Any thread. */
bool audit_summary_same(const struct audit_summary *a, const struct audit_summary *b);
