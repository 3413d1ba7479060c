/*
 * Case 06d: malloc wrapped by a logger that compares getpid() before and after each call. This
 * logger is naive: a mutex around its list of recent records, then stdio. The child inherits both
 * locks in addition to the allocator's.
 */
#include "logger/logging.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { RECENT = 64, LINE_MAX_BYTES = 80 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char recent[RECENT][LINE_MAX_BYTES];
static unsigned next;

static FILE *file;
static char buffer[BUFSIZ]; /* so that stdio does not allocate one */

static void write_record_naive(const struct log_record *record)
{
	char line[LINE_MAX_BYTES];
	pthread_mutex_lock(&lock);
	lab_note_lock_acquired(&lock);
	char *kept = recent[next++ % RECENT];
	snprintf(kept, LINE_MAX_BYTES, "%d/%d %s %zu\n", (int)record->pid, (int)record->tid,
		record->call, record->size);
	memcpy(line, kept, sizeof(line));
	lab_note_lock_released(&lock);
	pthread_mutex_unlock(&lock);
	fputs(line, file);
}

static void name_locks(void)
{
#ifdef __GLIBC__
	/* In glibc's mutex the owner's tid follows the futex word and a counter. */
	enum { OWNER = 8, FILE_LOCK_SIZE = 16 };
	lab_name_lock("the logger's mutex", &lock, sizeof(lock), OWNER);
	lab_name_lock("the logger's FILE lock", file->_lock, FILE_LOCK_SIZE, -1);
#else
	lab_name_lock("the logger's mutex", &lock, sizeof(lock), -1);
#endif
}

static int setup(void)
{
	file = fopen("/dev/null", "we");
	if (!file)
		return -errno;
	setvbuf(file, buffer, _IOFBF, sizeof(buffer));
	name_locks();
	logging_start(write_record_naive);
	return 0;
}

static const struct sequence sequence = {.run = lab_sequence_brief};

const struct scenario scenario_logger = {
	.name = "logger",
	.summary = "a naive logger (mutex, stdio) wraps malloc; the fork comes in the middle of a "
		   "call",
	.forker = FORKER_MAIN,
	.optional = true, /* its own mutex hangs with any allocator */
	.heap = &logging_calls,
	.setup = setup,
	.work = lab_mixed_work,
	.fork = logging_fork,
	.child = lab_child_steps,
	.child_resumed = lab_child_steps_again,
	.sequence = &sequence,
};
