#include "explain_cell.h"

#include "audit.h"
#include "interrupt.h"
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one telling needs; large, so it lives on the heap. */
struct telling {
	struct story *story;
	const struct catalogue_allocator *allocator;
	const struct cell_plan *plan;
	cell_progress *progress;
	void *context;
	struct replay replay;
	struct audit audit;
	uint32_t point;
	uint64_t lock;
	bool dies;   /* what is forked there */
	bool waited; /* the point is one at which fork() waits */
};

static int broken(int status, char *error, size_t size, const char *what)
{
	snprintf(error, size, "%s", what);
	return status;
}

/* What ended a pass before it came to anything. 0: nothing did. */
static int check_pass(const struct telling *t, char *error, size_t size)
{
	const struct cell *cell = &t->replay.cell;
	bool no_right = strncmp(cell->why, "no right", strlen("no right")) == 0;
	if (interrupt_came())
		return broken(-EINTR, error, size, "interrupted");
	if (cell->verdict == VERDICT_SKIPPED && cell->why[0] && !t->replay.arrived)
		return broken(no_right ? -EPERM : -EINVAL, error, size, cell->why);
	if (cell->count[VERDICT_BROKEN])
		return broken(-EIO, error, size, cell->why[0] ? cell->why : cell->finding.sentence);
	return 0;
}

static int go_through(struct telling *t, uint32_t point, uint64_t lock, char *error, size_t size)
{
	replay_free(&t->replay);
	t->replay.plan = t->plan;
	t->replay.point = point;
	t->replay.lock = lock;
	t->replay.to_death = t->dies;
	replay_run(&t->replay, t->progress, t->context);
	return check_pass(t, error, size);
}

/* ---- Which point, and which lock ---- */

static uint64_t lock_of(const struct replay *r)
{
	if (r->landed && verdict_is_bad(r->verdict))
		return r->finding.futex;
	return r->waited ? r->waiting.wait.futex : 0;
}

/*
 * Of one that is not stuck the end has to be waited for to see it. Not after a fork that waited:
 * the thread that makes it is traced then, and would seem to wait for forklab.
 */
static bool died(const struct replay *r)
{
	bool dead = r->verdict == VERDICT_CRASH || r->verdict == VERDICT_CORRUPTION ||
		    r->verdict == VERDICT_REFUSED;
	return r->landed && dead && !r->waited;
}

/* 1: the cell has nothing to be told of. */
static int search(struct telling *t, char *error, size_t size)
{
	const struct replay *r = &t->replay;
	struct story *story = t->story;
	int status = go_through(t, 0, 0, error, size);
	if (status)
		return status;
	if (r->landed) {
		t->point = r->last_point;
		t->lock = r->finding.futex;
		t->dies = died(r);
		snprintf(story->search, sizeof story->search,
			"point %" PRIu32 " is the first bad one of the sweep", t->point);
		return 0;
	}
	snprintf(story->search, sizeof story->search,
		"none of the %" PRIu32 " fork points of the sweep is bad%s", r->cell.sweep.points,
		r->waits ? "; this is the first one at which fork() had to wait"
			 : ", and at none of them fork() had to wait");
	if (!r->waits) {
		story_make(story, r, NULL);
		return 1;
	}
	t->waited = true;
	t->point = r->wait[0].wait.point;
	t->lock = r->wait[0].wait.futex;
	return 0;
}

/* The point is given: what its lock is has to be learned first. */
static int learn(struct telling *t, char *error, size_t size)
{
	int status = go_through(t, t->plan->point, 0, error, size);
	t->point = t->plan->point;
	t->lock = lock_of(&t->replay);
	t->dies = died(&t->replay);
	return status;
}

/* ---- The telling ---- */

static bool same_lock(const struct telling *t)
{
	return !t->lock || lock_of(&t->replay) == t->lock;
}

/* They run in fork() only. Without an audit the story has those that were seen to wait. */
static bool look_at_handlers(struct telling *t)
{
	const double limit_s = 3;
	char why[MODEL_TEXT_MAX];
	return t->plan->method == METHOD_FORK &&
	       audit_allocator(t->allocator, limit_s, &t->audit, why, sizeof why) == 0;
}

static int tell(struct telling *t, char *error, size_t size)
{
	struct story *story = t->story;
	story->asked_for = t->plan->point != 0;
	int status = story->asked_for ? learn(t, error, size) : search(t, error, size);
	if (!status && (t->lock || t->dies || !story->asked_for))
		status = go_through(t, t->point, t->lock, error, size);
	if (status)
		return status;
	if (!t->replay.arrived || !same_lock(t)) {
		snprintf(error, size,
			"point %" PRIu32 " was not the same when it was gone through again",
			t->point);
		return -EIO;
	}
	story_make(story, &t->replay, look_at_handlers(t) ? &t->audit : NULL);
	return 0;
}

int explain_cell(struct story *story, const struct catalogue_allocator *allocator,
	const struct cell_plan *plan, cell_progress *progress, void *context, char *error,
	size_t size)
{
	struct telling *t = calloc(1, sizeof *t);
	if (!t)
		return broken(-ENOMEM, error, size, "no memory");
	t->story = story;
	t->allocator = allocator;
	t->plan = plan;
	t->progress = progress;
	t->context = context;
	int status = tell(t, error, size);
	replay_free(&t->replay);
	free(t);
	return status;
}
