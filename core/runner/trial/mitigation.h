#pragma once

#include "shm.h"

/*
 * Enables the plan's mitigation: lab_heap goes through it, and fork() runs its handlers. 0 or
 * -errno. Main thread, before any other thread exists and before the scenario's setup.
 */
int mitigation_start(enum mitigation mitigation);
