/*
 * Where the time of fork() goes: atfork handlers of forklab's own, registered before anybody
 * else's. prepare handlers run in reverse order, so ours is the last of them; parent and child
 * handlers run in order, so ours are the first. What lies between the call of fork() and our
 * prepare handler is the others' prepare handlers, and what lies between our parent handler and the
 * return, their parent handlers.
 *
 * An allocator registers in a constructor, or when it is first called, which may be in the loader.
 * Only the functions in .preinit_array of the program run earlier.
 */
#include "cost_handlers.h"

#include "cost_child.h"
#include "cost_clock.h"
#include "cost_shm_attach.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool registered;

static void last_prepare(void)
{
	if (cost_shm)
		cost_shm->stamp.prepared = cost_clock();
}

static void first_parent(void)
{
	uint64_t now = cost_clock();
	if (cost_shm)
		cost_shm->stamp.parent = now;
}

static void first_child(void)
{
	if (cost_shm)
		child_first_handler();
}

/* The page is not mapped yet: its plan is read. In any other mode there is nothing to register. */
static bool is_wanted(int argc, char **argv)
{
	uint32_t mode = MODE_DESCRIBE;
	if (argc < 3 || strcmp(argv[1], "--page") != 0)
		return false;
	int fd = (int)strtol(argv[2], NULL, 10);
	return pread(fd, &mode, sizeof(mode), offsetof(struct shm, plan.mode)) == sizeof(mode) &&
	       mode == MODE_COST;
}

static void register_handlers(int argc, char **argv, char **env)
{
	(void)env;
	if (is_wanted(argc, argv))
		registered = pthread_atfork(last_prepare, first_parent, first_child) == 0;
}

__attribute__((section(".preinit_array"), used)) static void (*const before_all)(
	int argc, char **argv, char **env) = register_handlers;

bool cost_handlers_outermost(void)
{
	return registered;
}
