/*
 * A server that saves its data as Redis does: the child writes all records to a file, as they were
 * at the fork, while the parent continues to replace them. The parent checks every byte of the
 * file.
 */
#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	RECORDS = 64,
	RECORD_MIN = 16,
	RECORD_MAX = 1000, /* bytes: blocks up to this size are filled completely */
	REPLACED = 8,      /* records replaced between snapshots, and during one */
};

struct snapshot_record_header {
	uint32_t number, size;
};

/* The main thread's records; `frozen` is their state at the fork. */
static struct block record[RECORDS], frozen[RECORDS];
static int file = -1;

/* ---- The parent ---- */

/* The file has no name, and is preallocated, so that no child finds the disk full. */
static int setup(void)
{
	const char *directory = getenv("TMPDIR");
	file = open(
		directory && *directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int error =
		file < 0 ? errno
			 : posix_fallocate(file, 0,
				   RECORDS * (sizeof(struct snapshot_record_header) + RECORD_MAX));
	if (error)
		lab_broken("the snapshot's file cannot be made in $TMPDIR or /tmp", error);
	return 0;
}

static void replace(struct task *main_task, struct block *one)
{
	if (one->live)
		lab_block_free(main_task, one);
	lab_block_new(main_task, one, OP_MALLOC,
		RECORD_MIN + lab_random_below(main_task, RECORD_MAX - RECORD_MIN));
}

static void prepare(struct task *main_task)
{
	for (int i = 0; i < RECORDS; i++)
		if (!record[i].live)
			replace(main_task, &record[i]);
	for (int i = 0; i < REPLACED; i++)
		replace(main_task, &record[lab_random_below(main_task, RECORDS)]);
	memcpy(frozen, record, sizeof(frozen));
}

/* Requests at a fixed rate while the child writes. */
static void fork_and_keep_serving(struct task *main_task)
{
	static const struct timespec between = {.tv_nsec = 20 * 1000};
	lab_fork(main_task);
	for (int i = 0; i < REPLACED; i++) {
		replace(main_task, &record[lab_random_below(main_task, RECORDS)]);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &between, NULL);
	}
}

static void check_record(struct task *main_task, uint32_t number, off_t *at)
{
	static unsigned char text[RECORD_MAX];
	struct snapshot_record_header header;
	const struct block *was = &frozen[number];
	bool whole =
		pread(file, &header, sizeof(header), *at) == sizeof(header) &&
		header.number == number && header.size == was->size &&
		pread(file, text, was->size, *at + (off_t)sizeof(header)) == (ssize_t)was->size;
	if (!whole)
		lab_broken("the child exited with 0, but its snapshot is incomplete", 0);
	const struct block saved = {1, was->tag, text, was->size};
	lab_block_check(main_task, &saved);
	*at += (off_t)(sizeof(header) + was->size);
}

static void child_reaped(struct task *main_task, bool well)
{
	off_t at = 0;
	for (uint32_t i = 0; well && i < RECORDS; i++)
		check_record(main_task, i, &at);
}

/* ---- The child ---- */

/* Serialises each record in a block of its own. */
static void save(struct task *me, uint32_t number, const struct block *from, off_t *at)
{
	const struct snapshot_record_header header = {number, (uint32_t)from->size};
	size_t size = sizeof(header) + from->size;
	char *text = lab_malloc(me, size);
	if (!text)
		lab_fail(me, FAILURE_NO_MEMORY);
	memcpy(text, &header, sizeof(header));
	memcpy(text + sizeof(header), from->at, from->size);
	if (at && pwrite(file, text, size, *at) != (ssize_t)size)
		lab_fail(me, FAILURE_ENGINE);
	if (at)
		*at += (off_t)size;
	lab_free(me, text);
}

static void child(struct task *me)
{
	off_t at = 0;
	lab_child_step(me, CHILD_STEP_SAVE);
	for (uint32_t i = 0; i < RECORDS; i++)
		save(me, i, &record[i], &at);
	lab_child_steps(me);
}

/* In a sweep the records are the main thread's blocks, and are not written. */
static void swept_child(struct task *me)
{
	unsigned count;
	const struct task *main_task = lab_parent_tasks(&count);
	main_task += count - 1;
	lab_child_step(me, CHILD_STEP_SAVE);
	for (uint32_t i = 0; i < TASK_BLOCKS; i++)
		if (main_task->block[i].live)
			save(me, i, &main_task->block[i], NULL);
	lab_child_steps(me);
}

static const struct sequence sequence = {.run = lab_sequence_short, .child = swept_child};

const struct scenario scenario_snapshot = {
	.name = "snapshot",
	.summary = "the child writes all records to a file while the parent goes on changing them",
	.forker = FORKER_MAIN,
	.optional = true,
	.setup = setup,
	.work = lab_mixed_work,
	.prepare = prepare,
	.fork = fork_and_keep_serving,
	.child = child,
	.child_reaped = child_reaped,
	.sequence = &sequence,
};
