/*
 * The application's handlers are registered before the allocator's: its prepare handler then runs
 * after the allocator has taken its locks, and allocates; its other handlers run before these are
 * released. With an allocator that simply locks in prepare, the parent hangs in every fork.
 *
 * main() is too late, and so is a constructor: those of shared objects, such as the allocator's,
 * run before the program's. The program's .preinit_array runs before all of them. In practice the
 * same order results if the allocator registers at its first use, or is loaded with dlopen(). Other
 * scenarios must not get these handlers, so the scenario's name is read from the plan, with
 * pread(2) alone, because nothing may allocate yet.
 */
#include "atfork_handlers/allocating_handlers.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char name[] = "handlers-first";
static int registered = ENOSYS; /* an errno; 0: done */

static int parse_number(const char *text)
{
	int value = 0;
	for (; *text >= '0' && *text <= '9' && value < 10000; text++)
		value = value * 10 + (*text - '0');
	return value;
}

static void preinit(int argc, char **argv, char **environment)
{
	char chosen[SHM_NAME_MAX];
	(void)environment;
	if (argc != 3 || strcmp(argv[1], "--page") != 0)
		return;
	off_t at = (off_t)(offsetof(struct shm, plan) + offsetof(struct plan, scenario));
	if (pread(parse_number(argv[2]), chosen, sizeof(chosen), at) == (ssize_t)sizeof(chosen) &&
		strncmp(chosen, name, sizeof(chosen)) == 0)
		registered = allocating_handlers_register();
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(
	int argc, char **argv, char **environment) = preinit;

/* musl runs no .preinit_array. */
static const char *unavailable(void)
{
	return registered == ENOSYS
		       ? "this libc runs nothing of a program's before its constructors"
		       : NULL;
}

static int setup(void)
{
	return -registered;
}

static const struct sequence sequence = {.run = lab_sequence_brief};

const struct scenario scenario_handlers_first = {
	.name = "handlers-first",
	.summary = "atfork handlers that allocate, registered before the allocator's",
	.forker = FORKER_MAIN,
	.registers_handlers = true,
	.optional = true,
	.unavailable = unavailable,
	.setup = setup,
	.work = lab_mixed_work,
	.child = lab_child_steps,
	.sequence = &sequence,
};
