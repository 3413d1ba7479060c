/* Processes that wait: some forever; some only for a long time, which is no fault. */
#include "fault.h"
#include "shm.h"

#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint32_t word; /* never changed */

static void futex_wait(const struct timespec *timeout)
{
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, timeout, NULL, 0);
}

static void sleep_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000 * 1000};
	/* Until that moment, whatever signals come. */
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += time.tv_sec + (until.tv_nsec + time.tv_nsec) / 1000000000;
	until.tv_nsec = (until.tv_nsec + time.tv_nsec) % 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
}

_Noreturn void fault_hang(void)
{
	for (;;)
		futex_wait(NULL);
}

/* ---- Forever ---- */

static void hang(void)
{
	fault_hang();
}

static void spin(void)
{
	while (atomic_load(&word) == 0)
		;
}

/* As TBB does. */
static void yield_forever(void)
{
	while (atomic_load(&word) == 0)
		sched_yield();
}

/* As gperftools does at first. */
static void sleep_forever(void)
{
	static const struct timespec nap = {.tv_nsec = 2 * 1000 * 1000};
	while (atomic_load(&word) == 0)
		nanosleep(&nap, NULL);
}

/* As gperftools does in the end: its delays are random, so no state recurs. */
static void timed_forever(void)
{
	uint32_t random = 1;
	while (atomic_load(&word) == 0) {
		random = random * 1664525 + 1013904223;
		struct timespec delay = {.tv_nsec = 1000 * 1000 + (random >> 8) % (1000 * 1000)};
		futex_wait(&delay);
	}
}

static void *hang_in_thread(void *unused)
{
	(void)unused;
	fault_hang();
}

static void *spin_in_thread(void *unused)
{
	(void)unused;
	while (atomic_load(&word) == 0)
		;
	return NULL;
}

static void *yield_in_thread(void *unused)
{
	(void)unused;
	while (atomic_load(&word) == 0)
		sched_yield();
	return NULL;
}

/* The main thread waits in pthread_join(), which no lock's owner can ever end. */
static void join(void *(*main)(void *unused))
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, main, NULL) == 0)
		pthread_join(thread, NULL);
}

/* All threads hang, and only the main one in the allocator. */
static void hang_with_thread(void)
{
	join(hang_in_thread);
}

static void spin_with_thread(void)
{
	join(spin_in_thread);
}

static void yield_with_thread(void)
{
	join(yield_in_thread);
}

/* ---- In two orders ---- */

static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_lock = PTHREAD_MUTEX_INITIALIZER;

static void take_both(void)
{
	pthread_mutex_lock(&first_lock);
	pthread_mutex_lock(&second_lock);
}

static void give_both(void)
{
	pthread_mutex_unlock(&second_lock);
	pthread_mutex_unlock(&first_lock);
}

/* The other way round than the handler in front of the fork does. */
static void take_both_inverted(void)
{
	pthread_mutex_lock(&second_lock);
	pthread_mutex_lock(&first_lock);
	give_both();
}

/* ---- On a lock of the application's ---- */

static pthread_mutex_t *logger_lock(void)
{
	static pthread_mutex_t *lock;
	const struct shm *shm = fault_shm();
	for (uint32_t i = 0; i < shm->locks && !lock; i++)
		if (strcmp(shm->lock[i].name, "the logger's mutex") == 0)
			lock = (pthread_mutex_t *)shm->lock[i].address;
	if (!lock)
		abort();
	return lock;
}

/* Held in every fork, as if a worker had been in the middle of it, and only the parent lets go. */
static void take_logger(void)
{
	pthread_mutex_lock(logger_lock());
}

static void give_logger(void)
{
	pthread_mutex_unlock(logger_lock());
}

/* ---- For long ---- */

enum { LONG_MS = 300 };

static void nap(void)
{
	sleep_ms(LONG_MS);
}

static void sleep_often(void)
{
	for (int i = 0; i < 10; i++)
		sleep_ms(LONG_MS / 10);
}

static void wait_twice(void)
{
	static const struct timespec delay = {.tv_nsec = LONG_MS / 2 * 1000L * 1000};
	futex_wait(&delay);
	futex_wait(&delay);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Works hard, in registers only. */
static void compute(void)
{
	double end = seconds() + LONG_MS / 1e3;
	while (seconds() < end)
		for (int i = 0; i < 10 * 1000 * 1000; i++)
			__asm__ volatile("");
}

/* Works hard, and its counter is in memory. */
static void compute_on_stack(void)
{
	double end = seconds() + LONG_MS / 1e3;
	while (seconds() < end)
		for (volatile int i = 0; i < 10 * 1000 * 1000; i++)
			;
}

/* Looks through a lot of memory, as an allocator that checks its whole heap does. */
static void check_much(void)
{
	static volatile unsigned char heap[4 * 1024 * 1024];
	double end = seconds() + LONG_MS / 1e3;
	while (seconds() < end)
		for (size_t i = 0; i < sizeof(heap); i += 64)
			if (heap[i] != 0)
				fault_hang();
}

static void *sleep_in_thread(void *unused)
{
	(void)unused;
	nap();
	return NULL;
}

/* The join is a futex wait without a timeout, and quite in order. */
static void join_thread(void)
{
	join(sleep_in_thread);
}

static void on_alarm(int number)
{
	(void)number;
	atomic_store(&word, 1);
}

/* Waits in a futex until a signal comes from a timer of its own. */
static void wait_for_timer(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct itimerspec when = {.it_value.tv_nsec = LONG_MS * 1000L * 1000};
	timer_t timer;
	if (sigaction(SIGALRM, &action, NULL) != 0 ||
		timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
		timer_settime(timer, 0, &when, NULL) != 0)
		return;
	while (atomic_load(&word) == 0)
		futex_wait(NULL);
	timer_delete(timer);
}

static void stop_myself(void)
{
	raise(SIGSTOP);
}

/* The runner, or forklab itself. */
static void stop_parent(void)
{
	kill(getppid(), SIGSTOP);
}

/* From its start to its end the child does nothing else. */
static void stop_parent_often(void)
{
	enum { TIMES = 2000 };
	static const struct timespec delay = {.tv_nsec = 200 * 1000};
	for (int i = 0; i < TIMES; i++) {
		stop_parent();
		nanosleep(&delay, NULL);
	}
}

/* As one that polls, for longer than forklab takes to suspect it. */
static void poll_word(void)
{
	enum { POLLS = 400 };
	static const struct timespec delay = {.tv_nsec = 1000 * 1000};
	for (int i = 0; i < POLLS && atomic_load(&word) == 0; i++)
		nanosleep(&delay, NULL);
}

/* ---- Waits that are no private futex ---- */

/* Both ends belong to this process: nobody ever writes. */
static void read_own_pipe(void)
{
	int ends[2];
	char byte;
	if (pipe(ends) == 0)
		(void)!read(ends[0], &byte, 1);
}

/* As above, but a process outside has the other end: it may write, whatever it does. */
static void read_shared_pipe(void)
{
	int ends[2];
	char byte;
	if (pipe(ends) != 0)
		return;
	pid_t other = fork();
	if (other == 0)
		for (;;)
			sleep_ms(LONG_MS);
	(void)!read(ends[0], &byte, 1);
}

static void poll_own_eventfd(void)
{
	struct pollfd fd = {.fd = eventfd(0, 0), .events = POLLIN};
	poll(&fd, 1, -1);
}

static void wait_for_epoll(void)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(0), fd = eventfd(0, 0);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		epoll_wait(epoll, &event, 1, -1);
}

/* The network may always answer. */
static void read_socket(void)
{
	int ends[2];
	char byte;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
		(void)!read(ends[0], &byte, 1);
}

static void wait_for_stuck_child(void)
{
	pid_t child = fork();
	if (child == 0)
		fault_hang();
	waitpid(child, NULL, 0);
}

static void pause_forever(void)
{
	for (;;)
		pause();
}

/* Anybody may send that one. */
static void await_signal(void)
{
	sigset_t set;
	int number;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &number);
}

/* Nothing shows the alarm from outside; it ends the wait. */
static void wait_for_alarm(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval when = {.it_value.tv_usec = LONG_MS * 1000L};
	if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &when, NULL) != 0)
		return;
	while (atomic_load(&word) == 0)
		futex_wait(NULL);
}

/* The same for a loop, whose state recurs until then. */
static void spin_for_alarm(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval when = {.it_value.tv_usec = LONG_MS * 1000L};
	if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &when, NULL) != 0)
		return;
	while (atomic_load(&word) == 0)
		;
}

/* A lock of priority inheritance, held by a thread of the parent: the kernel hands it over. */
static _Atomic uint32_t pi_lock;

static void wait_for_pi_owner(void)
{
	atomic_store(&pi_lock, (uint32_t)getppid());
	syscall(SYS_futex, &pi_lock, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
}

/* A lock in memory that others share: they may release it. */
static void wait_in_shared_memory(void)
{
	uint32_t *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared != MAP_FAILED)
		syscall(SYS_futex, shared, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* A process that uses the same memory may wake a private futex. */
static int wake_later(void *unused)
{
	(void)unused;
	sleep_ms(LONG_MS);
	atomic_store(&word, 1);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	_exit(0);
}

static void wait_for_same_memory(void)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	pid_t other = clone(wake_later, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	while (atomic_load(&word) == 0)
		futex_wait(NULL);
	waitpid(other, NULL, 0);
}

/* ---- Loops whose state does not recur ---- */

static _Atomic uint32_t spin_lock = 1;
static _Atomic uint64_t spins;

static void spin_and_count(void)
{
	while (atomic_exchange(&spin_lock, 1)) {
		spins++;
		syscall(SYS_gettid);
	}
}

static void spin_and_back_off(void)
{
	unsigned us = 1;
	while (atomic_exchange(&spin_lock, 1)) {
		usleep(us);
		us += us < 200000 ? us : 1; /* never twice the same */
	}
}

/* poll() as a sleep. */
static void poll_forever(void)
{
	while (atomic_load(&word) == 0)
		poll(NULL, 0, 20);
}

const struct fault faults_stuck[] = {
	{.name = "own-pipe", .in_child = read_own_pipe},
	{.name = "shared-pipe", .in_child = read_shared_pipe},
	{.name = "own-eventfd", .in_child = poll_own_eventfd},
	{.name = "own-epoll", .in_child = wait_for_epoll},
	{.name = "socket", .in_child = read_socket},
	{.name = "stuck-child", .in_child = wait_for_stuck_child},
	{.name = "pause", .in_child = pause_forever},
	{.name = "sigwait", .in_child = await_signal},
	{.name = "alarm", .in_child = wait_for_alarm},
	{.name = "alarm-spin", .in_child = spin_for_alarm},
	{.name = "pi-owner", .in_child = wait_for_pi_owner},
	{.name = "shared-word", .in_child = wait_in_shared_memory},
	{.name = "same-memory", .in_child = wait_for_same_memory},
	{.name = "count-spins", .in_child = spin_and_count},
	{.name = "back-off", .in_child = spin_and_back_off},
	{.name = "poll-forever", .in_child = poll_forever},
	{.name = "hang", .in_child = hang},
	{.name = "hang-threads", .in_child = hang_with_thread},
	{.name = "spin-thread", .in_child = spin_with_thread},
	{.name = "yield-thread", .in_child = yield_with_thread},
	{.name = "spin", .in_child = spin},
	{.name = "yield", .in_child = yield_forever},
	{.name = "nap-forever", .in_child = sleep_forever},
	{.name = "timed-forever", .in_child = timed_forever},
	{.name = "logger-held", .before_fork = take_logger, .after_fork = give_logger},
	{.name = "nap", .in_child = nap},
	{.name = "nap-often", .in_child = sleep_often},
	{.name = "poll-word", .in_child = poll_word},
	{.name = "wait-twice", .in_child = wait_twice},
	{.name = "compute", .in_child = compute},
	{.name = "compute-on-stack", .in_child = compute_on_stack},
	{.name = "check-much", .in_child = check_much},
	{.name = "join-thread", .in_child = join_thread},
	{.name = "timer", .in_child = wait_for_timer},
	{.name = "stop-myself", .in_child = stop_myself},
	{.name = "stop-runner", .in_child = stop_parent},
	{.name = "stop-runner-often", .in_child = stop_parent_often},
	{.name = "stop-worker", .while_stepped = stop_myself},
	{.name = "prepare-stop", .before_fork = stop_myself},
	{.name = "parent-stop", .after_fork = stop_myself},
	{.name = "start-stop-forklab", .at_start = stop_parent},
	{.name = "start-stop", .at_start = stop_myself},
	{.name = "inversion",
		.in_worker = take_both_inverted,
		.before_fork = take_both,
		.after_fork = give_both},
	{.name = "prepare-hang", .before_fork = hang},
	{.name = "prepare-spin", .before_fork = spin},
	{.name = "prepare-nap", .before_fork = nap},
	{.name = "parent-hang", .after_fork = hang},
	{.name = "parent-hang-later", .in_parent = hang},
	{.name = "both-hang", .in_child = hang, .in_parent = hang},
	{.name = "start-hang", .in_worker = hang},
	{.name = "describe-hang", .at_start = hang},
	{0},
};
