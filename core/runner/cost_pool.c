/*
 * The pool server: it forks a few children while its threads are at work, and they live long: each
 * accepts one connection after the other, keeps sessions in its heap, and frees bit by bit what it
 * has inherited.
 */
#include "mode_cost.h"
#include "runner.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SESSIONS = 64, /* blocks that a child keeps */
	RENEWED = 4,   /* of them, with each request; as many inherited blocks are freed */
};

static int listener = -1;
static pid_t worker[COST_POOL];

/* ---- A child ---- */

struct life {
	void *session[SESSIONS];
	uint32_t served;
};

/* False: no memory. */
static bool child_renew_sessions(struct life *life)
{
	uint32_t first = life->served * RENEWED;
	for (uint32_t i = first; i < first + RENEWED; i++) {
		void **session = &life->session[i % SESSIONS];
		free(*session);
		*session = malloc(cost_sheet->size[i % COST_CALLS]);
		if (!*session)
			return false;
		*(volatile unsigned char *)*session = 1;
		if (i < cost_sheet->inherited_blocks && i < COST_CALLS)
			free(cost_sheet->inherited[i]);
	}
	life->served++;
	return true;
}

static void child_serve_many(struct cost_child *me)
{
	struct life life = {{NULL}, 0};
	bool well = true;
	child_begin_life(me, cost_clock());
	while (well && !atomic_load(&cost_sheet->service.over)) {
		int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection < 0)
			continue;
		well = child_answer(connection) && child_renew_sessions(&life);
		close(connection);
	}
	if (!well)
		_exit(RUNNER_FAILED_CHECK);
	child_stop(me, COST_FULL);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- The server ---- */

/* Children that wait in accept() look again so often whether all is over. */
static void open_listener(void)
{
	static const struct timeval often = {.tv_usec = 20 * 1000};
	listener = cost_listen(0);
	if (setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &often, sizeof often) != 0)
		lab_broken("the server cannot listen on the loopback", 0);
}

static void make_workers(void)
{
	for (int i = 0; i < COST_POOL; i++)
		worker[i] = cost_start(&cost_sheet->child[i], COST_FULL, child_serve_many);
}

/* Until the last client has had its last answer, or has given up. */
static void await_clients(uint64_t end)
{
	static const struct timespec nap = {.tv_nsec = 1000 * 1000};
	while (cost_any_client()) {
		cost_reap_clients();
		if (cost_clock() >= end)
			atomic_store(&cost_sheet->service.stop, 1);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
}

static bool any_hung(void)
{
	uint64_t hung = 0;
	for (int i = 0; i < COST_CLIENTS; i++)
		hung += cost_sheet->service.client[i].hung;
	return hung > 0;
}

/* Whoever hangs has been waited for long enough: its client has told. */
static void end_workers(bool look)
{
	struct cost_service *service = &cost_sheet->service;
	for (int i = 0; i < COST_POOL; i++) {
		struct cost_child *child = &cost_sheet->child[i];
		if (!look)
			kill(worker[i], SIGKILL);
		else if (cost_reaches(worker[i], child, COST_FULL))
			cost_memory_look(worker[i], &service->child[service->children++]);
		announce(&child->go, COST_STAGES);
		cost_reap(worker[i]);
	}
}

void cost_serve_pool(void)
{
	struct cost_service *service = &cost_sheet->service;
	cost_choose();
	open_listener();
	cost_window_is(COST_IGNORED);
	if (runner.page->plan.workers)
		cost_threads_order(COST_TIMED);
	make_workers();
	uint64_t begin = cost_clock();
	announce(&service->go, 1);
	await_clients(begin + COST_SERVE_MS * UINT64_C(1000000));
	service->took_ns = cost_clock() - begin;
	cost_threads_order(COST_REST);
	atomic_store(&service->over, 1);
	end_workers(!any_hung());
	close(listener);
	atomic_store(&service->done, 1);
}
