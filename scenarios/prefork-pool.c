/*
 * A server with long-lived children: each inherits the listening socket and serves one connection
 * after the other, and keeps session data between them.
 */
#include "scenario.h"
#include "server/loopback.h"
#include "shared_blocks/shared_blocks.h"

#include <unistd.h>

enum { REQUESTS = 6, SESSIONS = 12 };

static int listener = -1, client[REQUESTS];
static uint64_t requests;

/* One listening socket per child, so that a request left unserved does not reach the next child. */
static void prepare(struct task *main_task)
{
	(void)main_task;
	listener = loopback_listen();
	for (int i = 0; i < REQUESTS; i++)
		client[i] = loopback_request(listener, ++requests);
}

static void child_reaped(struct task *main_task, bool well)
{
	for (int i = 0; i < REQUESTS; i++) {
		if (well)
			loopback_check_response(
				main_task, client[i], requests - REQUESTS + 1 + (uint64_t)i);
		close(client[i]);
	}
	close(listener);
	listener = -1;
}

/* Uses the blocks behind those of a request; some grow, some are new. */
static void update_sessions(struct task *me)
{
	for (unsigned i = TASK_BLOCKS - SESSIONS; i < TASK_BLOCKS; i++) {
		size_t size = lab_mixed_size(me);
		if (me->block[i].live)
			lab_block_resize(me, &me->block[i], size);
		else
			lab_block_new(me, &me->block[i], OP_CALLOC, size);
	}
}

static void child(struct task *me)
{
	for (int i = 0; i < REQUESTS; i++) {
		int connection = listener >= 0 ? loopback_accept(me, listener) : -1;
		loopback_serve(me, connection);
		update_sessions(me);
		if (connection >= 0)
			close(connection);
	}
	lab_child_steps(me);
	shared_blocks_clear(me);
	for (unsigned i = TASK_BLOCKS - SESSIONS; i < TASK_BLOCKS; i++)
		lab_block_free(me, &me->block[i]);
}

static const struct sequence sequence = {.run = shared_blocks_sequence};

const struct scenario scenario_prefork_pool = {
	.name = "prefork-pool",
	.summary = "a long-lived child serves one connection after the other, and keeps sessions",
	.forker = FORKER_MAIN,
	.optional = true,
	.unavailable = loopback_unavailable,
	.work = shared_blocks_work,
	.prepare = prepare,
	.child = child,
	.child_reaped = child_reaped,
	.sequence = &sequence,
};
