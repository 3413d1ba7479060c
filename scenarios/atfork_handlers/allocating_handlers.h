/*
 * What the two scenarios of handlers share: an application's handlers of pthread_atfork() that
 * allocate in prepare, in the parent and in the child. They differ in when these are registered.
 */
#ifndef FORKLAB_SCENARIO_ALLOCATING_H
#define FORKLAB_SCENARIO_ALLOCATING_H

#include "scenario.h"

/* Registers the handlers. 0 or an errno. Parent, main thread, also before main(). */
int allocating_handlers_register(void);

#endif
