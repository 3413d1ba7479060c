/* The safety check: whether the children of that kind of server can use an allocator at all. */
#pragma once

#include "catalogue.h"
#include "choose_rank.h"
#include "progress_hooks.h"

/*
 * Runs stress and sweep of the server's scenarios with each of the allocators within `seconds`, and
 * fills in the safety of each choice; *controls_passed: all controls passed. 0, -EINTR, or another
 * -errno with one sentence for the user in error[size].
 */
int choose_safety_run(struct choice *choice, size_t count, const struct choose_server *server,
	const struct options *options, const struct catalogue *catalogue, double seconds,
	const struct progress_hooks *hooks, bool *controls_passed, char *error, size_t size);

/* The safety of one allocator, from the cells of a report. Pure. */
void choose_safety_judge(struct choice *choice, const char *allocator, const struct report *report);
