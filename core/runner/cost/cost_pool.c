/*
 * The pool server forks a few long-lived children while its threads work. Each accepts one
 * connection after the other, keeps sessions in its heap, and gradually frees inherited blocks.
 */
#include "cost_servers.h"

#include "../common/runner.h"
#include "../common/runner_clock.h"
#include "../common/shm_futex.h"
#include "cost_child.h"
#include "cost_children.h"
#include "cost_clients.h"
#include "cost_clock.h"
#include "cost_measure_children.h"
#include "cost_memory.h"
#include "cost_request.h"
#include "cost_shm_attach.h"
#include "cost_threads.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SESSIONS = 64, /* blocks that a child keeps */
	RENEWED = 4,   /* of them, per request; as many inherited blocks are freed */
};

static int listener = -1;
static pid_t worker[COST_POOL];

/* ---- A child ---- */

struct pool_worker {
	void *session[SESSIONS];
	uint32_t served;
};

/* False: no memory. */
static bool child_renew_sessions(struct pool_worker *pool_worker)
{
	uint32_t first = pool_worker->served * RENEWED;
	for (uint32_t i = first; i < first + RENEWED; i++) {
		void **session = &pool_worker->session[i % SESSIONS];
		free(*session);
		*session = malloc(cost_shm->size[i % COST_CALLS]);
		if (!*session)
			return false;
		*(volatile unsigned char *)*session = 1;
		if (i < cost_shm->inherited_blocks && i < COST_CALLS)
			free(cost_shm->inherited[i]);
	}
	pool_worker->served++;
	return true;
}

static void child_serve_connections(struct cost_child *me)
{
	struct pool_worker pool_worker = {{NULL}, 0};
	bool ok = true;
	child_begin_measuring(me, cost_clock());
	while (ok && !atomic_load(&cost_shm->service.over)) {
		int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection < 0)
			continue;
		ok = child_serve_request(connection) && child_renew_sessions(&pool_worker);
		close(connection);
	}
	if (!ok)
		_exit(RUNNER_FAILED_CHECK);
	child_stop(me, COST_STAGE_ALL_CALLS);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- The server ---- */

static void make_workers(void)
{
	for (int i = 0; i < COST_POOL; i++)
		worker[i] = cost_child_fork(
			&cost_shm->child[i], COST_STAGE_ALL_CALLS, child_serve_connections);
}

/* Waits until the last client has finished or given up. */
static void await_clients(uint64_t end)
{
	while (cost_clients_running()) {
		cost_clients_reap();
		if (cost_clock() >= end)
			atomic_store(&cost_shm->service.stop, 1);
		clock_sleep(1000 * 1000);
	}
}

static bool any_client_hung(void)
{
	uint64_t hung = 0;
	for (int i = 0; i < COST_CLIENTS; i++)
		hung += cost_shm->service.client[i].hung;
	return hung > 0;
}

/* A child that hangs is known from its client, which has already waited for it. */
static void stop_workers(bool look)
{
	struct cost_service *service = &cost_shm->service;
	for (int i = 0; i < COST_POOL; i++) {
		struct cost_child *child = &cost_shm->child[i];
		if (!look)
			kill(worker[i], SIGKILL);
		else if (cost_child_wait_stage(worker[i], child, COST_STAGE_ALL_CALLS))
			cost_memory_read(worker[i], &service->child[service->children++]);
		shm_futex_store(&child->go, COST_STAGES);
		cost_child_reap(worker[i]);
	}
}

void cost_pool_serve(void)
{
	struct cost_service *service = &cost_shm->service;
	cost_child_plan();
	listener = cost_request_listen(0);
	cost_interval_set(COST_INTERVAL_IGNORED);
	if (runner.shm->plan.workers)
		cost_threads_set_phase(COST_PHASE_TIMED);
	make_workers();
	uint64_t begin = cost_clock();
	shm_futex_store(&service->go, 1);
	await_clients(begin + COST_SERVE_MS * UINT64_C(1000000));
	service->took_ns = cost_clock() - begin;
	cost_threads_set_phase(COST_PHASE_IDLE);
	atomic_store(&service->over, 1);
	/* Ends every accept(2). A timeout of the listener would be inherited by each connection. */
	(void)shutdown(listener, SHUT_RDWR);
	stop_workers(!any_client_hung());
	close(listener);
	atomic_store(&service->done, 1);
}
