/*
 * The first allocation of the process is interrupted by a signal, whose handler forks. The
 * allocator is being initialised; there is one thread, so fork() may skip its locks. The child
 * allocates in the handler, and again after the interrupted call has returned.
 *
 * No other thread can fork instead: starting one allocates. An allocator that is initialised in a
 * constructor, before main(), is not hit by this.
 */
#include "alarm/fork_on_alarm.h"

#include <signal.h>

static const struct sequence sequence = {
	.run = lab_sequence_brief, .signal = SIGALRM, .first = true};

const struct scenario scenario_init = {
	.name = "init",
	.summary = "a signal handler forks while it interrupts the first allocation of the process",
	.forker = FORKER_WORKER,
	.optional = true,
	.setup = fork_on_alarm,
	.child = lab_child_steps,
	.child_resumed = lab_child_steps_again,
	.sequence = &sequence,
};
