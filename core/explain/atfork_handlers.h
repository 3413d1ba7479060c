/* The atfork handlers of a story, from what an audit has seen (audit.h). Pure. */
#ifndef FORKLAB_ATFORK_HANDLERS_H
#define FORKLAB_ATFORK_HANDLERS_H

#include "audit.h"
#include "explanation.h"

/*
 * Puts the handlers of an audit in place of those that were seen to wait: all of the allocator's,
 * in the order in which they run, and what fork() itself does. An audit that came to no conclusion
 * changes nothing.
 */
void atfork_handlers_from_audit(struct explanation_fork *fork, const struct audit *audit);

#endif
