/*
 * The prefork server: it accepts connections on the loopback, and forks a child for each of them,
 * which allocates, answers, and ends.
 */
#include "mode_cost.h"
#include "runner.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALIVE = 64 }; /* children at a time; with so many nobody is let in */

static int listener = -1;
static pid_t alive[ALIVE];

/* ---- A child ---- */

static _Noreturn void child_serve(int connection)
{
	child_die_with_runner();
	_exit(child_answer(connection) ? RUNNER_OK : RUNNER_FAILED_CHECK);
}

/* The same without a connection, to look at its memory when it has served. */
static void child_answer_nobody(struct cost_child *me)
{
	char answer[COST_ANSWER];
	child_begin_life(me, cost_clock());
	if (!child_make_answer(answer, 1))
		_exit(RUNNER_FAILED_CHECK);
	child_stop(me, COST_FULL);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- The server ---- */

/* A free place for a child's pid, or NULL. */
static pid_t *free_place(void)
{
	for (int i = 0; i < ALIVE; i++)
		if (alive[i] == 0)
			return &alive[i];
	return NULL;
}

static void forget(pid_t pid, int status)
{
	for (int i = 0; i < ALIVE; i++)
		if (alive[i] == pid) {
			alive[i] = 0;
			cost_sheet->failed += status != RUNNER_OK;
		}
	cost_forget_client(pid);
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		forget(pid, status);
}

/* Lets one connection in, if there is one. */
static void accept_one(void)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	pid_t *place = free_place();
	if (!place || poll(&ready, 1, 1) <= 0)
		return;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	pid_t pid = method_fork((enum fork_method)runner.page->plan.method);
	if (pid == 0)
		child_serve(fd);
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	*place = pid;
	close(fd);
}

/* Those that hang: their clients have told. */
static void end_children(void)
{
	int status;
	for (int i = 0; i < ALIVE; i++) {
		if (!alive[i])
			continue;
		kill(alive[i], SIGKILL);
		waitpid(alive[i], &status, 0);
		alive[i] = 0;
	}
}

static void look_at_one(void)
{
	struct cost_child *child = &cost_sheet->child[0];
	pid_t pid = cost_start(child, COST_FULL, child_answer_nobody);
	if (cost_reaches(pid, child, COST_FULL)) {
		cost_memory_look(pid, &cost_sheet->service.child[0]);
		cost_sheet->service.children = 1;
	}
	announce(&child->go, COST_STAGES);
	cost_reap(pid);
}

void cost_serve_prefork(void)
{
	struct cost_service *service = &cost_sheet->service;
	listener = cost_listen(SOCK_NONBLOCK);
	cost_window_is(COST_IGNORED);
	if (runner.page->plan.workers)
		cost_threads_order(COST_TIMED);
	uint64_t begin = cost_clock(), end = begin + COST_SERVE_MS * UINT64_C(1000000);
	announce(&service->go, 1);
	while (cost_any_client()) {
		accept_one();
		reap();
		if (cost_clock() >= end)
			atomic_store(&service->stop, 1);
	}
	service->took_ns = cost_clock() - begin;
	reap();
	end_children();
	cost_threads_order(COST_REST);
	close(listener);
	look_at_one();
	atomic_store(&service->done, 1);
}
