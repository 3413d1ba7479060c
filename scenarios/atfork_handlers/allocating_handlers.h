/*
 * Shared by the two handler scenarios: an application's pthread_atfork() handlers, which allocate
 * in prepare, parent and child. The scenarios differ in when they register them.
 */
#pragma once

#include "scenario.h"

/* Registers the handlers. 0 or an errno. Parent, main thread, also before main(). */
int allocating_handlers_register(void);
