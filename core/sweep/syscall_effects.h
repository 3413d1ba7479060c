/* What a system call may do to the process that makes it. Pure. */
#pragma once

#include <stdbool.h>

#include "arch.h"

/*
 * True when a fork after the call may turn out differently from one before it: the call can change
 * memory, mappings, or other state that a child inherits. True for each call that is not known to
 * be harmless: a superfluous fork point costs one fork, a missing one may cost a finding.
 */
bool syscall_affects_child(const struct arch_syscall *call);
