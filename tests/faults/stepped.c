/* Faults of a stepped thread, against its process and its tracer. */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Atomic uint32_t word; /* never changed */

static void segfault(void)
{
	static volatile int *volatile nowhere;
	*nowhere = 1;
}

static void leave(void)
{
	for (;;)
		syscall(SYS_exit_group, 0);
}

static void end_thread(void)
{
	for (;;)
		syscall(SYS_exit, 0);
}

static void execute(void)
{
	static char *const argv[] = {"sleep", "1000", NULL};
	execv("/bin/sleep", argv);
	abort();
}

static void *allocate(void *unused)
{
	free(heap_malloc(100));
	return unused;
}

static void *pause_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start_threads(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, pause_forever, NULL) != 0)
		abort();
	if (pthread_create(&thread, NULL, allocate, NULL) == 0)
		pthread_join(thread, NULL);
}

/* Stores on the stack alone: the stepped thread is run through this in one go. */
__attribute__((noinline)) static uint32_t pass_by(uint32_t number)
{
	volatile uint32_t sum = number;
	sum += 1;
	sum += 2;
	sum += 3;
	sum += 4;
	return sum;
}

static void *pass_for_ever(void *unused)
{
	for (;;) {
		for (uint32_t i = 0; i < 1000; i++)
			pass_by(i);
		usleep(100);
	}
	return unused;
}

/*
 * The other thread is not traced: it would run into a breakpoint that is set in code for the
 * stepped one.
 */
static void pass_beside(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, pass_for_ever, NULL) != 0)
		abort();
	for (uint32_t i = 0; i < 300; i++)
		pass_by(i);
}

/* The engine reaps whatever child ends, so this one may be gone already. */
static void fork_and_wait(void)
{
	pid_t pid = fork();
	if (pid == 0)
		leave();
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void fork_and_forget(void)
{
	if (fork() == 0) {
		setsid();
		fault_hang();
	}
}

static void hang(void)
{
	fault_hang();
}

static void spin(void)
{
	while (atomic_load(&word) == 0)
		;
}

static void spin_and_store(void)
{
	static volatile uint32_t turns;
	for (;;)
		turns++;
}

/* Every second runner does some more: FORKLAB_FAULT_FILE grows by a byte in each. */
static void append_run(void)
{
	static volatile uint32_t more;
	struct stat status;
	const char *path = getenv("FORKLAB_FAULT_FILE");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &status) != 0)
		abort();
	close(fd);
	for (off_t i = 0; i < status.st_size % 2 * 10; i++)
		more++;
}

const struct fault faults_stepped[] = {
	{.name = "step-segv", .while_stepped = segfault},
	{.name = "step-abort", .while_stepped = abort},
	{.name = "step-exit", .while_stepped = leave},
	{.name = "step-end-thread", .while_stepped = end_thread},
	{.name = "step-exec", .while_stepped = execute},
	{.name = "step-threads", .while_stepped = start_threads},
	{.name = "step-beside", .while_stepped = pass_beside},
	{.name = "step-fork", .while_stepped = fork_and_wait},
	{.name = "step-fork-stay", .while_stepped = fork_and_forget},
	{.name = "step-hang", .while_stepped = hang},
	{.name = "step-spin", .while_stepped = spin},
	{.name = "step-store", .while_stepped = spin_and_store},
	{.name = "step-remember", .while_stepped = append_run},
	{0},
};
