/* The atfork handlers of an explanation, from an audit (audit.h). Pure. */
#pragma once

#include "audit.h"
#include "explanation.h"

/*
 * Replaces the handlers that were seen to wait by those of an audit: all of the allocator's, in the
 * order in which they run, and what fork() itself does. An audit without a conclusion changes
 * nothing.
 */
void atfork_handlers_from_audit(struct explanation_fork *fork, const struct audit *audit);
