/*
 * A server whose children live long: each inherits the listening socket and serves one connection
 * after the other, and what it has learned from one it keeps for the next.
 */
#include "scenario.h"
#include "server/loopback.h"
#include "shelf/shelf.h"

#include <unistd.h>

enum { REQUESTS = 6, SESSIONS = 12 };

static int listener = -1, client[REQUESTS];
static uint64_t requests;

/* A socket of its own for each child: what one has not served must not wait for the next one. */
static void prepare(struct actor *main_actor)
{
	(void)main_actor;
	listener = loopback_listen();
	for (int i = 0; i < REQUESTS; i++)
		client[i] = loopback_ask(listener, ++requests);
}

static void ended(struct actor *main_actor, bool well)
{
	for (int i = 0; i < REQUESTS; i++) {
		if (well)
			loopback_check(
				main_actor, client[i], requests - REQUESTS + 1 + (uint64_t)i);
		close(client[i]);
	}
	close(listener);
	listener = -1;
}

/* Blocks behind those that a request takes; some grow, some are new. */
static void remember(struct actor *me)
{
	for (unsigned i = ACTOR_BLOCKS - SESSIONS; i < ACTOR_BLOCKS; i++) {
		size_t size = lab_mixed_size(me);
		if (me->block[i].live)
			lab_block_resize(me, &me->block[i], size);
		else
			lab_block_new(me, &me->block[i], OP_CALLOC, size);
	}
}

static void child(struct actor *me)
{
	for (int i = 0; i < REQUESTS; i++) {
		int connection = listener >= 0 ? loopback_accept(me, listener) : -1;
		loopback_serve(me, connection);
		remember(me);
		if (connection >= 0)
			close(connection);
	}
	lab_ladder(me);
	shelf_clear(me);
	for (unsigned i = ACTOR_BLOCKS - SESSIONS; i < ACTOR_BLOCKS; i++)
		lab_block_drop(me, &me->block[i]);
}

static const struct sequence sequence = {.run = shelf_sequence};

const struct scenario scenario_prefork_pool = {
	.name = "prefork-pool",
	.summary = "a long-lived child serves one connection after the other, and keeps sessions",
	.forker = FORKER_MAIN,
	.further = true,
	.unavailable = loopback_unavailable,
	.work = shelf_work,
	.prepare = prepare,
	.child = child,
	.ended = ended,
	.sequence = &sequence,
};
