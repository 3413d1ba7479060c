/*
 * Case 06d, fixed: the same wrapping, but the logger handles forks. Its lock is taken in prepare
 * and re-initialised in the child, and since _Fork() and a raw clone run no handlers, it also
 * compares its pid with that of the last initialisation. It writes with write(2), without stdio.
 */
#include "logger/logging.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { RECENT = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pid_t owner; /* the process that `lock` was initialised in */
static struct log_record recent[RECENT];
static unsigned next;
static int log_fd;

static void reinit_lock(void)
{
	static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
	lab_note_lock_released(&lock);
	lock = fresh;
	owner = getpid();
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
	lab_note_lock_acquired(&lock);
}

static void after_fork_in_parent(void)
{
	lab_note_lock_released(&lock);
	pthread_mutex_unlock(&lock);
}

/* True when the batch of recent records in `batch` is full and to be written. */
static bool append_record(const struct log_record *record, struct log_record *batch)
{
	pthread_mutex_lock(&lock);
	lab_note_lock_acquired(&lock);
	recent[next++ % RECENT] = *record;
	bool full = next % RECENT == 0;
	if (full)
		for (unsigned i = 0; i < RECENT; i++)
			batch[i] = recent[i];
	lab_note_lock_released(&lock);
	pthread_mutex_unlock(&lock);
	return full;
}

static void write_record_aware(const struct log_record *record)
{
	struct log_record batch[RECENT];
	if (record->pid != owner)
		reinit_lock();
	/* A log is best effort: on failure the records are lost. */
	if (append_record(record, batch) && write(log_fd, batch, sizeof(batch)) < 0)
		return;
}

static void name_lock(void)
{
#ifdef __GLIBC__
	enum { OWNER = 8 }; /* offset of the owner's tid: it follows the futex word and a counter */
#else
	enum { OWNER = -1 };
#endif
	lab_name_lock("the logger's mutex", &lock, sizeof(lock), OWNER);
}

static int setup(void)
{
	log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (log_fd < 0)
		return -errno;
	owner = getpid();
	name_lock();
	logging_start(write_record_aware);
	return -lab_register_atfork(before_fork, after_fork_in_parent, reinit_lock);
}

static const struct sequence sequence = {.run = lab_sequence_short, .child = lab_child_steps_own};

const struct scenario scenario_logger_aware = {
	.name = "logger-aware",
	.summary = "the same logger with atfork handlers and a pid check: only the allocator can "
		   "hang it",
	.forker = FORKER_MAIN,
	.registers_handlers = true,
	.heap = &logging_calls,
	.setup = setup,
	.work = lab_mixed_work,
	.fork = logging_fork,
	.child = lab_child_steps,
	.child_resumed = lab_child_steps_again,
	.sequence = &sequence,
};
