/*
 * Case 06b: a SIGALRM handler forks while it interrupts an allocating thread. The thread that calls
 * fork() may itself hold the allocator's lock, so no prepare handler can wait for its release. The
 * child allocates in the handler, and again after the interrupted call has returned.
 *
 * POSIX removed fork() from its list of async-signal-safe functions for this reason (Austin Group
 * defect 62); _Fork() is on it.
 */
#include "alarm/fork_on_alarm.h"

#include <signal.h>

static void trigger(void)
{
	lab_signal(lab_aim(lab_self()), SIGALRM);
}

static const struct sequence sequence = {.run = lab_sequence_short, .signal = SIGALRM};

const struct scenario scenario_signal = {
	.name = "signal",
	.summary = "a SIGALRM handler forks while it interrupts an allocating thread",
	.forker = FORKER_WORKER,
	.setup = fork_on_alarm,
	.work = lab_mixed_work,
	.trigger = trigger,
	.child = lab_child_steps,
	.child_resumed = lab_child_steps_again,
	.sequence = &sequence,
};
