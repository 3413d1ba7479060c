/*
 * The child ends by exit(), which runs an atexit() handler that frees, another one that the child
 * registered itself, and the destructor of a thread-local object of its main thread. Before that,
 * threads exit whose destructors free their blocks.
 */
#include "scenario.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 3, KEPT = 4 };

/* What C++ compilers call for the destructor of a thread_local object; not every libc has it. */
extern int __cxa_thread_atexit_impl(void (*destructor)(void *), void *object, void *module)
	__attribute__((weak));
extern void *__dso_handle;

static pthread_key_t key;
static struct task *child; /* NULL in the parent, whose exit handlers have nothing to do */
static struct block for_handler, for_late_handler, for_object, kept[KEPT];

static void at_exit(void)
{
	if (child)
		lab_block_free(child, &for_handler);
}

static void at_exit_late(void)
{
	lab_block_free(child, &for_late_handler);
}

static void destroy_object(void *object)
{
	lab_block_free(child, object);
}

static void free_kept(void *blocks)
{
	struct block *block = blocks;
	for (int i = 0; i < KEPT; i++)
		lab_block_free(child, &block[i]);
}

static int setup(void)
{
	int error = pthread_key_create(&key, free_kept);
	if (error)
		return -error;
	return atexit(at_exit) == 0 ? 0 : -ENOMEM;
}

/* The blocks live until the thread's destructor frees them. */
static void allocate_kept(struct task *me)
{
	static const size_t sizes[KEPT] = {40, 700, 5000, 200000};
	for (int i = 0; i < KEPT; i++)
		lab_block_new(me, &kept[i], OP_MALLOC, sizes[i]);
	pthread_setspecific(key, kept);
}

static void run_child(struct task *me)
{
	child = me;
	lab_child_steps(me);
	for (int i = 0; i < THREADS; i++)
		lab_thread(me, allocate_kept);
	lab_child_step(me, CHILD_STEP_AGAIN);
	lab_block_new(me, &for_handler, OP_MALLOC, 3000);
	lab_block_new(me, &for_late_handler, OP_MALLOC, 100);
	lab_block_new(me, &for_object, OP_MALLOC, 20000);
	atexit(at_exit_late);
	if (__cxa_thread_atexit_impl)
		__cxa_thread_atexit_impl(destroy_object, &for_object, &__dso_handle);
}

static const struct sequence sequence = {.run = lab_sequence_short};

const struct scenario scenario_exit = {
	.name = "exit",
	.summary = "the child ends by exit() with handlers and destructors that free; its threads, "
		   "too",
	.forker = FORKER_MAIN,
	.optional = true,
	.setup = setup,
	.work = lab_mixed_work,
	.child = run_child,
	.sequence = &sequence,
};
