/*
 * Do breakpoints stop a thread on this machine? Some hypervisors (PVM) let ptrace set the debug
 * registers of the processor, and the thread runs through all the same: whoever waits for it to
 * stop there waits for ever.
 */
#ifndef FORKLAB_STEP_HW_BREAKPOINT_H
#define FORKLAB_STEP_HW_BREAKPOINT_H

#include <stdbool.h>

/*
 * Found out at the first call, with a process that is made for it. True also where nobody may
 * trace: attaching will say so. The environment variable FORKLAB_BREAKPOINTS, "hardware" or
 * "software", decides instead, for tests.
 */
bool hw_breakpoints_fire(void);

#endif
