/*
 * The system calls without which nothing can be measured. A sandbox may forbid them, and a limit
 * may make them fail; that is told before the run, with the name of the call.
 */
#pragma once

#include <stddef.h>

/*
 * 0, or -errno with what the first call that fails is for, and its name, in *call: "wait for
 * processes: pidfd_open()".
 */
int needed_calls_check(const char **call);
