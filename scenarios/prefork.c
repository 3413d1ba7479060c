/*
 * A server that forks for each connection: the main thread accepts, the other threads work on
 * shared blocks, and the child serves the request and exits.
 */
#include "scenario.h"
#include "server/loopback.h"
#include "shared_blocks/shared_blocks.h"

#include <unistd.h>

static int listener = -1, client = -1, connection = -1;
static uint64_t requests;

static int setup(void)
{
	listener = loopback_listen();
	return 0;
}

static void prepare(struct task *main_task)
{
	client = loopback_request(listener, ++requests);
	connection = loopback_accept(main_task, listener);
}

static void child_reaped(struct task *main_task, bool well)
{
	if (well)
		loopback_check_response(main_task, client, requests);
	close(connection);
	close(client);
	connection = client = -1;
}

static void child(struct task *me)
{
	loopback_serve(me, connection);
	lab_child_steps(me);
}

static const struct sequence sequence = {.run = shared_blocks_sequence};

const struct scenario scenario_prefork = {
	.name = "prefork",
	.summary = "a server forks for each connection, its threads at work; the child answers",
	.forker = FORKER_MAIN,
	.optional = true,
	.unavailable = loopback_unavailable,
	.setup = setup,
	.work = shared_blocks_work,
	.prepare = prepare,
	.child = child,
	.child_reaped = child_reaped,
	.sequence = &sequence,
};
