/*
 * Where the time of fork() goes: the runner's atfork handlers, registered before all others.
 * Prepare handlers run in reverse order, so ours is the last of them; parent and child handlers run
 * in order, so ours are the first. The time between the call of fork() and our prepare handler is
 * that of the other prepare handlers; the time between our parent handler and the return is that of
 * the other parent handlers.
 *
 * An allocator registers in a constructor, or at its first call, which may come from the loader.
 * Only the functions in the program's .preinit_array run earlier.
 */
#include "cost_handlers.h"

#include "cost_child.h"
#include "cost_clock.h"
#include "cost_shm_attach.h"
#include "scenario.h"

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

/* The shm is not mapped yet, so the plan is read. Other modes register nothing. */
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
		registered = lab_register_atfork(last_prepare, first_parent, first_child) == 0;
}

__attribute__((section(".preinit_array"), used)) static void (*const before_all)(
	int argc, char **argv, char **env) = register_handlers;

bool cost_handlers_outermost(void)
{
	return registered;
}
