/* What a system call may do to the process that makes it. Pure. */
#ifndef FORKLAB_SYSCALL_EFFECTS_H
#define FORKLAB_SYSCALL_EFFECTS_H

#include <stdbool.h>

#include "arch.h"

/*
 * True when a fork after the call may turn out differently from one before it: the call can change
 * the memory or the mappings of its process, or something else that counts in a child. True for
 * every call that is not known to be harmless; a fork point too many costs a fork, and one too few
 * may cost a finding.
 */
bool syscall_affects_child(const struct arch_syscall *call);

#endif
