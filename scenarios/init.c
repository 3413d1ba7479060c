/*
 * The very first allocation of the process is interrupted by a signal, whose handler forks. The
 * allocator is in the middle of setting itself up; there is one thread, so fork() may think that no
 * lock needs to be taken. The child allocates in the handler, and again after the interrupted call
 * has come to its end.
 *
 * No other thread can be the one that forks: starting one allocates. And an allocator that sets
 * itself up in a constructor has done that before main(), where nothing of this program runs yet.
 */
#include "scenario.h"

#include <errno.h>
#include <signal.h>

static void on_signal(int number)
{
	(void)number;
	int saved = errno;
	lab_fork(lab_self());
	errno = saved;
}

static int setup(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	return sigaction(SIGALRM, &action, NULL) == 0 ? 0 : -errno;
}

static const struct sequence sequence = {
	.run = lab_sequence_brief, .signal = SIGALRM, .first = true};

const struct scenario scenario_init = {
	.name = "init",
	.summary = "a signal handler forks while it interrupts the first allocation of the process",
	.forker = FORKER_WORKER,
	.optional = true,
	.setup = setup,
	.child = lab_child_steps,
	.child_resumed = lab_child_steps_again,
	.sequence = &sequence,
};
