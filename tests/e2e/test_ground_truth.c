/*
 * The teaching allocators publish their locks, so the result of every single fork point is known:
 * the verdict is a hang if and only if a lock that the child needs was held there, and a fork waits
 * if and only if a handler takes a lock that was held. Without any tolerance.
 */
#include "points.h"

#include <stdio.h>
#include <string.h>

static const char BINS[] = "teach bins lock", CHUNKS[] = "teach chunks lock",
		  LOGGER[] = "the logger's mutex";

struct policy {
	const char *allocator;
	/* In fork(): what the handlers take in the parent, or what they re-initialise in the child.
	 */
	bool takes_bins, takes_chunks, reinitialises;
	const char *hang; /* the verdict on a child that needs a lock that is held */
	const char *scenarios;
};

static const struct policy policies[] = {
	{"teach-none", false, false, false, "deadlock", "pool,logger-aware,signal"},
	{"teach-empty", false, false, false, "deadlock", "pool,signal"},
	{"teach-spin", false, false, false, "livelock", "pool,signal"},
	{"teach-timed", false, false, false, "livelock", "pool,logger-aware"},
	{"teach-forgot", true, false, false, "deadlock", "pool,logger-aware,signal"},
	{"teach-lockall", true, true, false, "deadlock", "pool,logger-aware,signal"},
	{"teach-reinit", true, true, false, "deadlock", "pool,signal"},
	{"teach-resetonly", false, false, true, "deadlock", "pool,logger-aware,signal"},
};
enum { POLICIES = sizeof(policies) / sizeof(policies[0]) };

static const struct policy *policy_of(const struct point *point)
{
	for (size_t i = 0; i < POLICIES; i++)
		if (strcmp(policies[i].allocator, point->allocator) == 0)
			return &policies[i];
	e2e_fail("whose point is this? %s", points_describe(point));
}

/* ---- The known result of a point ---- */

struct point_truth {
	bool bins, chunks; /* held */
	bool handlers;     /* the fork runs them */
	bool in_the_way;   /* a handler of the parent's takes a lock that is held */
};

static struct point_truth truth_of(const struct point *point)
{
	const struct policy *policy = policy_of(point);
	struct point_truth truth = {
		.bins = points_held(point, BINS),
		.chunks = points_held(point, CHUNKS),
		.handlers = strcmp(point->method, "fork") == 0,
	};
	truth.in_the_way = truth.handlers && ((policy->takes_bins && truth.bins) ||
						     (policy->takes_chunks && truth.chunks) ||
						     points_held(point, LOGGER));
	return truth;
}

/* The one verdict of a point at which a child is made, or NULL: then see may_be_corrupt(). */
static const char *verdict_of(const struct policy *policy, const struct point_truth *truth)
{
	if (!truth->bins && !truth->chunks)
		return "ok";
	return policy->reinitialises && truth->handlers ? NULL : policy->hang;
}

/* In the middle of a change or not: both locks are free in the child, so it never hangs. */
static bool may_be_corrupt(const char *verdict)
{
	return strcmp(verdict, "ok") == 0 || strcmp(verdict, "corruption") == 0;
}

static bool is_as_it_must(const struct point *point)
{
	const struct policy *policy = policy_of(point);
	struct point_truth truth = truth_of(point);
	bool in_signal = strcmp(point->scenario, "signal") == 0;
	const char *verdict = verdict_of(policy, &truth);
	if (truth.in_the_way && !in_signal)
		return strcmp(point->outcome, "waited") == 0;
	/* The thread that holds the lock is the one that waits for it. */
	if (truth.in_the_way)
		verdict = "parent-deadlock";
	return strcmp(point->outcome, "tried") == 0 &&
	       (verdict ? strcmp(point->verdict, verdict) == 0 : may_be_corrupt(point->verdict));
}

/* A deadlock is always proven; that of a livelock may have strong evidence only. */
static bool has_its_proof(const struct point *point)
{
	bool blocked = strcmp(point->verdict, "deadlock") == 0 ||
		       strcmp(point->verdict, "parent-deadlock") == 0;
	return !blocked || strcmp(point->proven, "yes") == 0;
}

static void check_point(const struct point *point)
{
	if (!is_as_it_must(point) || !has_its_proof(point))
		e2e_fail("%s", points_describe(point));
}

/* ---- Cells ---- */

static void count_verdicts(const struct points *points, const json_t *cell, size_t first)
{
	static const char *const verdicts[] = {
		"ok", "deadlock", "livelock", "corruption", "parent-deadlock"};
	const struct point *of = &points->point[first];
	json_int_t count[sizeof(verdicts) / sizeof(verdicts[0])] = {0}, all = 0, waited = 0;
	for (size_t i = first; i < points->count; i++) {
		const struct point *point = &points->point[i];
		if (!points_same_cell(point, of))
			break;
		all++;
		waited += strcmp(point->outcome, "waited") == 0;
		for (size_t v = 0; v < sizeof(verdicts) / sizeof(verdicts[0]); v++)
			count[v] += strcmp(point->verdict, verdicts[v]) == 0;
	}
	for (size_t v = 0; v < sizeof(verdicts) / sizeof(verdicts[0]); v++)
		assert_int_equal(e2e_count(cell, verdicts[v]), count[v]);
	assert_int_equal(e2e_number(cell, "points"), all);
	assert_int_equal(e2e_number(cell, "waited"), waited);
	assert_int_equal(e2e_number(cell, "left_out"), 0);
	assert_true(e2e_bool(cell, "complete"));
}

/* The list says the same as the result. */
static void check_cells(const struct points *points, const json_t *report)
{
	size_t cells = 0;
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->point[i];
		if (i > 0 && points_same_cell(point, point - 1))
			continue;
		cells++;
		count_verdicts(points,
			e2e_cell(report, point->allocator, point->scenario, point->method), i);
	}
	assert_int_equal(json_array_size(json_object_get(report, "results")), cells);
}

static bool seen(const struct points *points, const char *allocator, const char *method,
	const char *lock, const char *verdict)
{
	for (size_t i = 0; i < points->count; i++) {
		const struct point *point = &points->point[i];
		if (strcmp(point->allocator, allocator) == 0 &&
			strcmp(point->method, method) == 0 && points_held(point, lock) &&
			(!verdict || strcmp(point->verdict, verdict) == 0))
			return true;
	}
	return false;
}

/* With nothing held anywhere all of this would be true as well. */
static void check_both_locks_were_held(const struct points *points, const char *allocator)
{
	static const char *const methods[] = {"fork", "_Fork"};
	for (size_t m = 0; m < 2; m++) {
		assert_true(seen(points, allocator, methods[m], BINS, NULL));
		assert_true(seen(points, allocator, methods[m], CHUNKS, NULL));
	}
}

static void sweep(
	struct points *points, const char *allocators, const char *scenarios, const char *methods)
{
	char directory[E2E_PATH_MAX], list[E2E_PATH_MAX + 16];
	struct e2e_result result;
	e2e_temporary(directory);
	snprintf(list, sizeof(list), "%s/points", directory);
	e2e_run(&result, E2E_ARGS("sweep", "-a", allocators, "-s", scenarios, "-m", methods,
				 "--points", list, "--budget", "900", "--format", "json"));
	assert_int_equal(result.status, 0);
	json_t *report = e2e_json(&result);
	points_read(points, list);
	check_cells(points, report);
	for (size_t i = 0; i < points->count; i++)
		check_point(&points->point[i]);
	json_decref(report);
	e2e_free(&result);
	e2e_remove(directory);
}

static void every_point_is_as_it_must(void **state)
{
	const struct policy *policy = *state;
	struct points points;
	sweep(&points, policy->allocator, policy->scenarios, "fork,_Fork");
	check_both_locks_were_held(&points, policy->allocator);
	if (policy->reinitialises) {
		assert_true(seen(&points, policy->allocator, "fork", BINS, "corruption"));
		assert_true(seen(&points, policy->allocator, "fork", CHUNKS, "corruption"));
	}
	points_free(&points);
}

/* The longest sequence, with the thread's end: once for each thing that handlers may do. */
static void the_long_sequence_as_well(void **state)
{
	const struct policy *policy = *state;
	const char *allocator = policy->allocator;
	const char *verdict = policy->reinitialises ? "corruption" : policy->hang;
	struct points points;
	sweep(&points, allocator, "basic", "fork");
	if (!policy->takes_bins)
		assert_true(seen(&points, allocator, "fork", BINS, verdict));
	if (!policy->takes_chunks)
		assert_true(seen(&points, allocator, "fork", CHUNKS, verdict));
	points_free(&points);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[2 * POLICIES];
	static char names[POLICIES][64];
	size_t count = 0;
	for (size_t i = 0; i < POLICIES; i++) {
		const char *allocator = policies[i].allocator;
		tests[count++] = (struct CMUnitTest){
			.name = allocator,
			.test_func = every_point_is_as_it_must,
			.initial_state = (void *)&policies[i],
		};
		if (!e2e_is_one_of(allocator, "teach-none teach-lockall teach-resetonly"))
			continue;
		snprintf(names[i], sizeof(names[i]), "%s, long", allocator);
		tests[count++] = (struct CMUnitTest){
			.name = names[i],
			.test_func = the_long_sequence_as_well,
			.initial_state = (void *)&policies[i],
		};
	}
	return e2e_main(argc, argv, tests, count, NULL, NULL);
}
