/*
 * The prefork server accepts connections on the loopback interface, and forks a child for each,
 * which allocates, responds, and exits.
 */
#include "cost_servers.h"

#include "../common/runner.h"
#include "../common/shm_futex.h"
#include "../trial/child.h"
#include "../trial/fork_method.h"
#include "cost_child.h"
#include "cost_children.h"
#include "cost_clients.h"
#include "cost_clock.h"
#include "cost_memory.h"
#include "cost_request.h"
#include "cost_shm_attach.h"
#include "cost_threads.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNNING_MAX = 64 }; /* children at a time; at the limit no connection is accepted */

static int listener = -1;
static pid_t running[RUNNING_MAX];

/* ---- A child ---- */

static _Noreturn void child_serve_one(int connection)
{
	child_set_pdeathsig();
	_exit(child_serve_request(connection) ? RUNNER_OK : RUNNER_FAILED_CHECK);
}

/* The same without a connection, to measure its memory afterwards. */
static void child_respond_unsent(struct cost_child *me)
{
	char response[COST_RESPONSE];
	child_begin_measuring(me, cost_clock());
	if (!child_make_response(response, 1))
		_exit(RUNNER_FAILED_CHECK);
	child_stop(me, COST_STAGE_ALL_CALLS);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- The server ---- */

/* A free slot for a child's pid, or NULL. */
static pid_t *free_slot(void)
{
	for (int i = 0; i < RUNNING_MAX; i++)
		if (running[i] == 0)
			return &running[i];
	return NULL;
}

static void forget(pid_t pid, int status)
{
	for (int i = 0; i < RUNNING_MAX; i++)
		if (running[i] == pid) {
			running[i] = 0;
			cost_shm->failed += status != RUNNER_OK;
		}
	cost_clients_forget(pid);
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		forget(pid, status);
}

/* Accepts one connection, if there is one. */
static void accept_one(void)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	pid_t *slot = free_slot();
	if (!slot || poll(&ready, 1, 1) <= 0)
		return;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	pid_t pid = method_fork((enum fork_method)runner.shm->plan.method);
	if (pid == 0)
		child_serve_one(fd);
	if (pid < 0)
		lab_broken("the fork failed", -pid);
	*slot = pid;
	close(fd);
}

/* Those that hang, as their clients have noticed. */
static void kill_children(void)
{
	int status;
	for (int i = 0; i < RUNNING_MAX; i++) {
		if (!running[i])
			continue;
		kill(running[i], SIGKILL);
		waitpid(running[i], &status, 0);
		running[i] = 0;
	}
}

static void measure_one_child(void)
{
	struct cost_child *child = &cost_shm->child[0];
	pid_t pid = cost_child_fork(child, COST_STAGE_ALL_CALLS, child_respond_unsent);
	if (cost_child_wait_stage(pid, child, COST_STAGE_ALL_CALLS)) {
		cost_memory_read(pid, &cost_shm->service.child[0]);
		cost_shm->service.children = 1;
	}
	shm_futex_store(&child->go, COST_STAGES);
	cost_child_reap(pid);
}

void cost_prefork_serve(void)
{
	struct cost_service *service = &cost_shm->service;
	listener = cost_request_listen(SOCK_NONBLOCK);
	cost_interval_set(COST_INTERVAL_IGNORED);
	if (runner.shm->plan.workers)
		cost_threads_set_phase(COST_PHASE_TIMED);
	uint64_t begin = cost_clock(), end = begin + COST_SERVE_MS * UINT64_C(1000000);
	shm_futex_store(&service->go, 1);
	while (cost_clients_running()) {
		accept_one();
		reap();
		if (cost_clock() >= end)
			atomic_store(&service->stop, 1);
	}
	service->took_ns = cost_clock() - begin;
	reap();
	kill_children();
	cost_threads_set_phase(COST_PHASE_IDLE);
	close(listener);
	measure_one_child();
	atomic_store(&service->done, 1);
}
