/*
 * A server that forks for each connection: it accepts in the main thread, its other threads work on
 * what they share, and the child serves the request and ends.
 */
#include "scenario.h"
#include "server/loopback.h"
#include "shelf/shelf.h"

#include <unistd.h>

static int listener = -1, client = -1, connection = -1;
static uint64_t requests;

static int setup(void)
{
	listener = loopback_listen();
	return 0;
}

static void prepare(struct actor *main_actor)
{
	client = loopback_ask(listener, ++requests);
	connection = loopback_accept(main_actor, listener);
}

static void ended(struct actor *main_actor, bool well)
{
	if (well)
		loopback_check(main_actor, client, requests);
	close(connection);
	close(client);
	connection = client = -1;
}

static void child(struct actor *me)
{
	loopback_serve(me, connection);
	lab_ladder(me);
}

static const struct sequence sequence = {.run = shelf_sequence};

const struct scenario scenario_prefork = {
	.name = "prefork",
	.summary = "a server forks for each connection, its threads at work; the child answers",
	.forker = FORKER_MAIN,
	.further = true,
	.unavailable = loopback_unavailable,
	.setup = setup,
	.work = shelf_work,
	.prepare = prepare,
	.child = child,
	.ended = ended,
	.sequence = &sequence,
};
