/* The command audit: what the atfork handlers of each chosen allocator are and do. */
#ifndef FORKLAB_AUDIT_COMMAND_H
#define FORKLAB_AUDIT_COMMAND_H

#include "catalogue.h"
#include "options.h"

/*
 * Audits what the options ask for, one allocator after the other, and prints the result. An
 * interrupt ends it early, with the allocators that were done. Returns the exit status.
 */
int audit_command(const struct catalogue *catalogue, const struct options *options);

#endif
