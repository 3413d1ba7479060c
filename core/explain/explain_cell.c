#include "explain_cell.h"

#include "audit.h"
#include "interrupt.h"
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state of one explanation; large, so it is on the heap. */
struct explain_session {
	struct explanation *explanation;
	const struct catalogue_allocator *allocator;
	const struct cell_plan *plan;
	cell_progress *progress;
	void *context;
	struct replay replay;
	struct audit audit;
	uint32_t point;
	uint64_t lock;
	bool ends_badly; /* what is forked there dies */
	bool waited;     /* fork() waits at the point */
};

static int fail(int status, char *error, size_t size, const char *what)
{
	snprintf(error, size, "%s", what);
	return status;
}

/* Why a pass ended without a result. 0: it did not. */
static int check_pass(const struct explain_session *t, char *error, size_t size)
{
	const struct cell *cell = &t->replay.cell;
	if (interrupt_received())
		return fail(-EINTR, error, size, "interrupted");
	bool skipped = cell->verdict == VERDICT_SKIPPED && cell->skip.reason != SKIP_NONE;
	if (!cell->count[VERDICT_BROKEN] && (!skipped || t->replay.arrived))
		return 0;
	t->explanation->failed = *cell;
	t->explanation->failed.sweep.window = NULL;
	*error = '\0';
	if (cell->count[VERDICT_BROKEN])
		return -EIO;
	return cell->skip.reason == SKIP_NO_TRACE_RIGHT ? -EPERM : -EINVAL;
}

static int replay_point(
	struct explain_session *t, uint32_t point, uint64_t lock, char *error, size_t size)
{
	replay_free(&t->replay);
	t->replay.plan = t->plan;
	t->replay.point = point;
	t->replay.lock = lock;
	t->replay.trace_to_end = t->ends_badly;
	replay_run(&t->replay, t->progress, t->context);
	return check_pass(t, error, size);
}

/* ---- Finding the point and the lock ---- */

static uint64_t lock_of(const struct replay *r)
{
	if (r->judged && verdict_is_bad(r->verdict))
		return r->finding.futex;
	return r->waited ? r->waiting.wait.futex : 0;
}

/*
 * A process that is not stuck is traced to its end to see why it dies. Not after a fork that
 * waited: the forking thread is traced then, and would seem to wait for forklab.
 */
static bool ended_badly(const struct replay *r)
{
	bool dead = r->verdict == VERDICT_CRASH || r->verdict == VERDICT_CORRUPTION ||
		    r->verdict == VERDICT_REFUSED;
	return r->judged && dead && !r->waited;
}

/* 1: the cell has nothing to explain. */
static int search(struct explain_session *t, char *error, size_t size)
{
	const struct replay *r = &t->replay;
	struct explanation *explanation = t->explanation;
	int status = replay_point(t, 0, 0, error, size);
	if (status)
		return status;
	if (r->judged) {
		t->point = r->last_point;
		t->lock = r->finding.futex;
		t->ends_badly = ended_badly(r);
		explanation->search = SEARCH_FIRST_BAD;
		return 0;
	}
	explanation->search = r->waits ? SEARCH_FIRST_WAIT : SEARCH_FAILED;
	explanation->searched = r->cell.sweep.points;
	if (!r->waits) {
		explanation_make(explanation, r, NULL);
		return 1;
	}
	t->waited = true;
	t->point = r->wait[0].wait.point;
	t->lock = r->wait[0].wait.futex;
	return 0;
}

/* The point is given; its lock must be found first. */
static int find_lock(struct explain_session *t, char *error, size_t size)
{
	int status = replay_point(t, t->plan->point, 0, error, size);
	t->point = t->plan->point;
	t->lock = lock_of(&t->replay);
	t->ends_badly = ended_badly(&t->replay);
	return status;
}

/* ---- The explanation ---- */

static bool same_lock(const struct explain_session *t)
{
	return !t->lock || lock_of(&t->replay) == t->lock;
}

/* The handlers run in fork() only. Without an audit, only those seen to wait are listed. */
static bool audit_handlers(struct explain_session *t)
{
	const double limit_s = 3;
	char why[MODEL_TEXT_MAX];
	return t->plan->method == METHOD_FORK &&
	       audit_allocator(t->allocator, limit_s, &t->audit, why, sizeof(why)) == 0;
}

static int explain(struct explain_session *t, char *error, size_t size)
{
	struct explanation *explanation = t->explanation;
	explanation->point_given = t->plan->point != 0;
	int status = explanation->point_given ? find_lock(t, error, size) : search(t, error, size);
	if (!status && (t->lock || t->ends_badly || !explanation->point_given))
		status = replay_point(t, t->point, t->lock, error, size);
	if (status)
		return status;
	if (!t->replay.arrived || !same_lock(t)) {
		snprintf(error, size,
			"point %" PRIu32 " was not the same when it was gone through again",
			t->point);
		return -EIO;
	}
	explanation_make(explanation, &t->replay, audit_handlers(t) ? &t->audit : NULL);
	return 0;
}

int explain_cell(struct explanation *explanation, const struct catalogue_allocator *allocator,
	const struct cell_plan *plan, cell_progress *progress, void *context, char *error,
	size_t size)
{
	struct explain_session *t = calloc(1, sizeof(*t));
	if (!t)
		return fail(-ENOMEM, error, size, "no memory");
	t->explanation = explanation;
	t->allocator = allocator;
	t->plan = plan;
	t->progress = progress;
	t->context = context;
	int status = explain(t, error, size);
	replay_free(&t->replay);
	free(t);
	return status;
}
