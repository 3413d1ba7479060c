/*
 * A server that saves its data as Redis does: the child writes all records to a file, as they were
 * at the fork, while the parent goes on replacing them. The parent compares every byte of the file.
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
	RECORD_MAX = 1000, /* bytes: up to here every one of them has its pattern */
	REPLACED = 8,      /* records between two snapshots, and while one is written */
};

struct record_head {
	uint32_t number, size;
};

/* The main thread's; `frozen` is what they were at the fork, and never written to by a child. */
static struct block record[RECORDS], frozen[RECORDS];
static int file = -1;

/* ---- The parent ---- */

/* It has no name and all its room from the beginning: no child can meet a full disk. */
static int setup(void)
{
	const char *directory = getenv("TMPDIR");
	file = open(
		directory && *directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int error = file < 0 ? errno
			     : posix_fallocate(file, 0,
				       RECORDS * (sizeof(struct record_head) + RECORD_MAX));
	if (error)
		lab_broken("the snapshot's file cannot be made in $TMPDIR or /tmp", error);
	return 0;
}

static void replace(struct actor *main_actor, struct block *one)
{
	if (one->live)
		lab_block_drop(main_actor, one);
	lab_block_new(main_actor, one, OP_MALLOC,
		RECORD_MIN + lab_below(main_actor, RECORD_MAX - RECORD_MIN));
}

static void prepare(struct actor *main_actor)
{
	for (int i = 0; i < RECORDS; i++)
		if (!record[i].live)
			replace(main_actor, &record[i]);
	for (int i = 0; i < REPLACED; i++)
		replace(main_actor, &record[lab_below(main_actor, RECORDS)]);
	memcpy(frozen, record, sizeof frozen);
}

/* Requests at a fixed rate while the child writes. */
static void fork_and_go_on(struct actor *main_actor)
{
	static const struct timespec between = {.tv_nsec = 20 * 1000};
	lab_fork(main_actor);
	for (int i = 0; i < REPLACED; i++) {
		replace(main_actor, &record[lab_below(main_actor, RECORDS)]);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &between, NULL);
	}
}

static void check_record(struct actor *main_actor, uint32_t number, off_t *at)
{
	static unsigned char text[RECORD_MAX];
	struct record_head head;
	const struct block *was = &frozen[number];
	bool whole = pread(file, &head, sizeof head, *at) == sizeof head && head.number == number &&
		     head.size == was->size &&
		     pread(file, text, was->size, *at + (off_t)sizeof head) == (ssize_t)was->size;
	if (!whole)
		lab_broken("the child ended well, but its snapshot is not whole", 0);
	const struct block saved = {1, was->tag, text, was->size};
	lab_block_check(main_actor, &saved);
	*at += (off_t)(sizeof head + was->size);
}

static void ended(struct actor *main_actor, bool well)
{
	off_t at = 0;
	for (uint32_t i = 0; well && i < RECORDS; i++)
		check_record(main_actor, i, &at);
}

/* ---- The child ---- */

/* Each record is made in a block of its own, as a serialiser does. */
static void save(struct actor *me, uint32_t number, const struct block *from, off_t *at)
{
	const struct record_head head = {number, (uint32_t)from->size};
	size_t size = sizeof head + from->size;
	char *text = lab_malloc(me, size);
	if (!text)
		lab_fail(me, FAILURE_NO_MEMORY);
	memcpy(text, &head, sizeof head);
	memcpy(text + sizeof head, from->at, from->size);
	if (at && pwrite(file, text, size, *at) != (ssize_t)size)
		lab_fail(me, FAILURE_ENGINE);
	if (at)
		*at += (off_t)size;
	lab_free(me, text);
}

static void child(struct actor *me)
{
	off_t at = 0;
	lab_step(me, STEP_SAVE);
	for (uint32_t i = 0; i < RECORDS; i++)
		save(me, i, &record[i], &at);
	lab_ladder(me);
}

/* In a sweep the records are what main has allocated for the stepped thread, and go nowhere. */
static void swept_child(struct actor *me)
{
	unsigned count;
	const struct actor *main_actor = lab_others(&count);
	main_actor += count - 1;
	lab_step(me, STEP_SAVE);
	for (uint32_t i = 0; i < ACTOR_BLOCKS; i++)
		if (main_actor->block[i].live)
			save(me, i, &main_actor->block[i], NULL);
	lab_ladder(me);
}

static const struct sequence sequence = {.run = lab_sequence_short, .child = swept_child};

const struct scenario scenario_snapshot = {
	.name = "snapshot",
	.summary = "the child writes all records to a file while the parent goes on changing them",
	.forker = FORKER_MAIN,
	.further = true,
	.setup = setup,
	.work = lab_mixed_work,
	.prepare = prepare,
	.fork = fork_and_go_on,
	.child = child,
	.ended = ended,
	.sequence = &sequence,
};
