/*
 * Counts atfork registrations: registrations.c is linked into a static program, whose linker
 * substitutes it for __register_atfork(), or preloaded into a dynamic one.
 */
#pragma once

/* How many reached libc so far. NULL without the object. */
__attribute__((weak)) int registrations(void);
