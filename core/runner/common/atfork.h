/*
 * The engine's atfork handlers, registered without changing what a static link contains.
 *
 * gperftools refers to pthread_atfork() weakly. A static program has that function only if some
 * object refers to it strongly; otherwise the allocator registers nothing, and its children can
 * hang. An engine that called pthread_atfork() would bring the function into each static runner,
 * and test an allocator with handlers where a program has one without. __register_atfork() is in
 * every static program of glibc: fork() and exit() refer to its object.
 */
#pragma once

#include <stdbool.h>

/*
 * Whether a program that registers handlers of its own contains a function that this one lacks, and
 * the allocator would find it. Any thread; parent.
 */
bool atfork_would_change_allocator(void);
