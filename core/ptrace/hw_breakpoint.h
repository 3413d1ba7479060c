/*
 * Whether breakpoint registers work on this machine. Under some hypervisors (PVM) ptrace sets the
 * debug registers without an error, but the breakpoints never fire: a tracer that waits for the
 * stop waits forever.
 */
#pragma once

#include <stdbool.h>

/*
 * The first call probes it with a child process. True also where ptrace is not permitted: attaching
 * reports that. For tests, the environment variable FORKLAB_BREAKPOINTS ("hardware" or "software")
 * overrides the probe.
 */
bool hw_breakpoints_fire(void);
