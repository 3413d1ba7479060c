/*
 * Case 06b: the fork happens inside a SIGALRM handler that interrupts an allocating thread. The
 * very thread that calls fork() may hold the allocator's lock: no prepare handler can wait for it
 * to be released. The child allocates in the handler, and again after the interrupted call has come
 * to its end.
 *
 * POSIX took fork() off its list of async-signal-safe functions for this reason (Austin Group
 * defect 62); _Fork() is on it.
 */
#include "scenario.h"

#include <errno.h>
#include <signal.h>

static void on_alarm(int number)
{
	(void)number;
	int saved = errno;
	lab_fork(lab_self());
	errno = saved;
}

static int setup(void)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	return sigaction(SIGALRM, &action, NULL) == 0 ? 0 : -errno;
}

static void trigger(void)
{
	lab_signal(lab_aim(lab_self()), SIGALRM);
}

static const struct sequence sequence = {.run = lab_sequence_short, .signal = SIGALRM};

const struct scenario scenario_signal = {
	.name = "signal",
	.summary = "a SIGALRM handler forks while it interrupts an allocating thread",
	.forker = FORKER_WORKER,
	.setup = setup,
	.work = lab_mixed_work,
	.trigger = trigger,
	.child = lab_child_steps,
	.child_resumed = lab_child_steps_again,
	.sequence = &sequence,
};
