/*
 * Variables of this process's environment that change the allocator, libc or the loader of what is
 * tested. One rule for all runners, linked or preloaded: they are passed on and named, in headings,
 * in JSON and in each command that repeats a result. Only LD_PRELOAD is removed: it would put
 * another malloc into every row. Any thread; the environment must not change meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum environment_rule {
	ENVIRONMENT_OTHER,  /* does not matter: passed on, not named */
	ENVIRONMENT_NAMED,  /* passed on and named */
	ENVIRONMENT_REMOVED /* removed and named */
};

/* The rule for a variable "NAME=VALUE". */
enum environment_rule environment_rule(const char *variable);

/*
 * The variables of `environment` (NULL-terminated, as environ) with that rule and a value that is
 * not empty, sorted, in found[max]; they point into `environment`. Returns how many there are,
 * which may exceed `max`.
 */
size_t environment_find(
	char *const *environment, enum environment_rule rule, const char **found, size_t max);

/*
 * The named variables as a shell takes them before a command, each followed by a blank: "" without
 * any. Cut at a variable that does not fit.
 */
void environment_prefix(char *out, size_t size, char *const *environment);
