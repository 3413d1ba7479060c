/*
 * A SIGCHLD handler allocates while its thread is in fork(). An earlier child ends at about that
 * time, as children of a server do. Where the prepare handlers have taken the allocator's locks,
 * the thread that holds them runs the handler: malloc() in it waits for itself. A libc that blocks
 * signals within fork() avoids that.
 *
 * POSIX forbids malloc() in signal handlers; programs do it nevertheless, often through a logger.
 */
#include "scenario.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Nanoseconds from the start of the earlier child to its end, at most: a fork takes about as long.
 */
enum { EARLIER_MAX = 400 * 1000 };

/* Beyond the sizes of glibc's thread cache, and of jemalloc's. */
static const size_t sizes[] = {100, 3000, 60000};

static pid_t earlier;
static struct block handler_block[sizeof(sizes) / sizeof(sizes[0])];

static void on_signal(int number)
{
	(void)number;
	int saved = errno;
	struct task *me = lab_self();
	lab_handler_begins(me);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		lab_block_new(me, &handler_block[i], OP_MALLOC, sizes[i]);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		lab_block_free(me, &handler_block[i]);
	errno = saved;
}

/*
 * SIGCHLD comes in stress. In a sweep twins get SIGUSR1, since the children of the original send
 * SIGCHLD as well. Both are blocked in all threads except where they are to interrupt.
 */
static void set_blocked(int signal, bool blocked)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static int setup(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGCHLD);
	sigaddset(&action.sa_mask, SIGUSR1);
	if (sigaction(SIGCHLD, &action, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0)
		return -errno;
	set_blocked(SIGCHLD, true);
	set_blocked(SIGUSR1, true);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Without libc and its handlers: only the signal of its end matters. */
static void start_earlier_child(struct task *main_task)
{
	uint64_t delay = lab_random_below(main_task, EARLIER_MAX);
	earlier = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (earlier < 0)
		lab_broken("the earlier child cannot be started", errno);
	if (earlier > 0)
		return;
	for (uint64_t end = now_ns() + delay; now_ns() < end;)
		;
	_exit(0);
}

static void fork_while_it_ends(struct task *main_task)
{
	start_earlier_child(main_task);
	set_blocked(SIGCHLD, false);
	lab_fork(main_task);
	set_blocked(SIGCHLD, true);
}

static void child_reaped(struct task *main_task, bool well)
{
	(void)main_task;
	(void)well;
	while (waitpid(earlier, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The thread has its cache or arena already, as in a server. */
static void prepare_sequence(struct task *worker)
{
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		lab_block_new(worker, &worker->block[i], OP_MALLOC, sizes[i]);
	set_blocked(SIGUSR1, false);
}

static const struct sequence sequence = {
	.prepare = prepare_sequence, .run = lab_fork_interrupted, .signal = SIGUSR1};

const struct scenario scenario_signal_in_fork = {
	.name = "signal-in-fork",
	.summary = "a SIGCHLD handler allocates while its thread is in fork()",
	.forker = FORKER_MAIN,
	.optional = true,
	.setup = setup,
	.work = lab_mixed_work,
	.fork = fork_while_it_ends,
	.child = lab_child_steps,
	.child_reaped = child_reaped,
	.sequence = &sequence,
};
