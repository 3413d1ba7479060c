#include "cost_figures.h"

#include "stats.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* A greater figure is memory that was overwritten: a runner does not live that long. */
static const uint64_t plausible_max_ns = UINT64_C(600) * 1000 * 1000 * 1000;
static const uint64_t plausible_max_bytes = UINT64_C(1) << 46;

/* clang-format off */
#define MEMORY_FIGURE(moment, kind, key) \
	[COST_MEMORY(moment, kind)] = {"memory_" key "_bytes", COST_BYTES, COST_MEDIAN}
#define MOMENT(moment, word) \
	MEMORY_FIGURE(moment, COST_PARENT_RSS, word "_parent_rss"), \
	MEMORY_FIGURE(moment, COST_PARENT_PSS, word "_parent_pss"), \
	MEMORY_FIGURE(moment, COST_CHILDREN_RSS, word "_children_rss"), \
	MEMORY_FIGURE(moment, COST_CHILDREN_PSS, word "_children_pss"), \
	MEMORY_FIGURE(moment, COST_ALL_PSS, word "_pss")
/* clang-format on */
_Static_assert(COST_MEMORY(COST_MOMENTS, 0) == (int)COST_MEMORY_END, "each moment has its figures");

static const struct cost_figure_info figure_info[COST_FIGURES] = {
	[COST_FORK_P50] = {"fork_p50_ns", COST_NS, COST_MEDIAN},
	[COST_FORK_P99] = {"fork_p99_ns", COST_NS, COST_POOLED},
	[COST_FORK_MAX] = {"fork_max_ns", COST_NS, COST_MAXIMUM},
	[COST_FORK_FIRST] = {"fork_first_ns", COST_NS, COST_MEDIAN},
	[COST_FORK_PREPARE] = {"fork_prepare_ns", COST_NS, COST_MEDIAN},
	[COST_FORK_KERNEL_AND_LIBC] = {"fork_kernel_and_libc_ns", COST_NS, COST_MEDIAN},
	[COST_FORK_PARENT] = {"fork_parent_ns", COST_NS, COST_MEDIAN},
	[COST_BARE_FORK_P50] = {"bare_fork_p50_ns", COST_NS, COST_MEDIAN},
	[COST_CALM_P99] = {"call_p99_ns", COST_NS, COST_POOLED},
	[COST_CALM_MAX] = {"call_max_ns", COST_NS, COST_MAXIMUM},
	[COST_STALL_P99] = {"stall_call_p99_ns", COST_NS, COST_POOLED},
	[COST_STALL_MAX] = {"stall_max_ns", COST_NS, COST_MAXIMUM},
	[COST_STALL_P50] = {"stall_p50_ns", COST_NS, COST_MEDIAN},
	[COST_CALL_RATE] = {"calls_per_s", COST_PER_SECOND, COST_MEDIAN},
	[COST_HANDLERS_TIME] = {"child_handlers_ns", COST_NS, COST_MEDIAN},
	[COST_FIRST_TIME] = {"child_first_ns", COST_NS, COST_MEDIAN},
	[COST_FIRST_FAULTS] = {"child_first_faults", COST_NUMBER, COST_MEDIAN},
	[COST_FULL_TIME] = {"child_thousand_ns", COST_NS, COST_MEDIAN},
	[COST_FULL_FAULTS] = {"child_thousand_faults", COST_NUMBER, COST_MEDIAN},
	[COST_FREED_TIME] = {"child_free_inherited_ns", COST_NS, COST_MEDIAN},
	[COST_FREED_FAULTS] = {"child_free_inherited_faults", COST_NUMBER, COST_MEDIAN},
	[COST_HANDLERS_COPY] = {"copied_handlers_bytes", COST_BYTES, COST_MEDIAN},
	[COST_FIRST_COPY] = {"copied_first_bytes", COST_BYTES, COST_MEDIAN},
	[COST_FULL_COPY] = {"copied_thousand_bytes", COST_BYTES, COST_MEDIAN},
	[COST_FREED_COPY] = {"copied_free_inherited_bytes", COST_BYTES, COST_MEDIAN},
	[COST_PARENT_COPY] = {"copied_parent_bytes", COST_BYTES, COST_MEDIAN},
	[COST_CACHED_BYTES] = {"cached_bytes", COST_BYTES, COST_MEDIAN},
	[COST_STRANDED] = {"stranded_bytes", COST_BYTES, COST_MEDIAN},
	[COST_STRANDED_DESPITE_THREADS] = {"stranded_despite_threads_bytes", COST_BYTES,
		COST_MEDIAN},
	[COST_STRANDED_AFTER_EXIT] = {"stranded_after_exit_bytes", COST_BYTES, COST_MEDIAN},
	MOMENT(COST_MOMENT_NO_CHILD, "alone"),
	MOMENT(COST_MOMENT_FORKED, "forked"),
	MOMENT(COST_MOMENT_ALLOCATED, "allocated"),
	MOMENT(COST_MOMENT_FREED, "freed"),
	MOMENT(COST_MOMENT_PARENT_WROTE, "parent_on"),
	[COST_SNAPSHOT_FORK] = {"snapshot_fork_ns", COST_NS, COST_MEDIAN},
	[COST_SNAPSHOT_STALL] = {"snapshot_stall_ns", COST_NS, COST_MEDIAN},
	[COST_SNAPSHOT_P99] = {"snapshot_request_p99_ns", COST_NS, COST_MEDIAN},
	[COST_SNAPSHOT_CALM_STALL] = {"snapshot_calm_stall_ns", COST_NS, COST_MEDIAN},
	[COST_SNAPSHOT_CALM_P99] = {"snapshot_calm_request_p99_ns", COST_NS, COST_MEDIAN},
	[COST_SNAPSHOT_TIME] = {"snapshot_time_ns", COST_NS, COST_MEDIAN},
	[COST_SNAPSHOT_COPIED] = {"snapshot_copied_bytes", COST_BYTES, COST_MEDIAN},
	[COST_SNAPSHOT_VERIFIED] = {"snapshot_verified_bytes", COST_BYTES, COST_MEDIAN},
	[COST_PREFORK_RATE] = {"prefork_requests_per_s", COST_PER_SECOND, COST_MEDIAN},
	[COST_PREFORK_P50] = {"prefork_request_p50_ns", COST_NS, COST_MEDIAN},
	[COST_PREFORK_P99] = {"prefork_request_p99_ns", COST_NS, COST_POOLED},
	[COST_PREFORK_P999] = {"prefork_request_p999_ns", COST_NS, COST_POOLED},
	[COST_PREFORK_MAX] = {"prefork_request_max_ns", COST_NS, COST_MAXIMUM},
	[COST_PREFORK_HUNG] = {"prefork_hung", COST_NUMBER, COST_MAXIMUM},
	[COST_PREFORK_CHILD] = {"prefork_child_bytes", COST_BYTES, COST_MEDIAN},
	[COST_POOL_RATE] = {"pool_requests_per_s", COST_PER_SECOND, COST_MEDIAN},
	[COST_POOL_P50] = {"pool_request_p50_ns", COST_NS, COST_MEDIAN},
	[COST_POOL_P99] = {"pool_request_p99_ns", COST_NS, COST_POOLED},
	[COST_POOL_P999] = {"pool_request_p999_ns", COST_NS, COST_POOLED},
	[COST_POOL_MAX] = {"pool_request_max_ns", COST_NS, COST_MAXIMUM},
	[COST_POOL_HUNG] = {"pool_hung", COST_NUMBER, COST_MAXIMUM},
	[COST_POOL_CHILD] = {"pool_child_bytes", COST_BYTES, COST_MEDIAN},
	[COST_HUGE] = {"huge_bytes", COST_BYTES, COST_MEDIAN},
	[COST_CLOCK] = {"clock_ns", COST_NS, COST_MEDIAN},
	[COST_OWN_FAULTS] = {"own_faults", COST_NUMBER, COST_MAXIMUM},
	[COST_MACHINE_UNEVENNESS] = {"machine_unevenness", COST_RATIO, COST_MEDIAN},
};

const struct cost_figure_info *cost_figure_info(size_t figure)
{
	return &figure_info[figure];
}

/* ---- Values ---- */

static void set(
	struct cost_values *values, enum cost_figure figure, double value, enum cost_reason why)
{
	values->value[figure] = value;
	values->why[figure] = isnan(value) ? why : COST_WHY_NONE;
}

static void set_all(struct cost_values *values, size_t from, size_t to, enum cost_reason why)
{
	for (size_t i = from; i < to; i++)
		set(values, (enum cost_figure)i, NAN, why);
}

static double elapsed_ns(uint64_t from, uint64_t to)
{
	return from && to >= from && to - from < plausible_max_ns ? (double)(to - from) : NAN;
}

static double bytes(uint64_t value)
{
	return value < plausible_max_bytes ? (double)value : NAN;
}

static double median(double *values, size_t count)
{
	return stats_quantile(values, count, 0.5);
}

/* Appends a value that is a number. Returns the new count. */
static size_t append_valid(double *values, size_t count, double value)
{
	if (!isnan(value))
		values[count++] = value;
	return count;
}

/* ---- Forks ---- */

static size_t valid_forks(uint32_t count)
{
	return count < COST_FORKS ? count : COST_FORKS;
}

size_t cost_fork_times(const struct cost_shm *shm, double *times)
{
	size_t count = 0;
	for (size_t i = 0; i < valid_forks(shm->forks); i++)
		count = append_valid(
			times, count, elapsed_ns(shm->fork[i].called, shm->fork[i].returned));
	return count;
}

static void take_forks(struct cost_values *values, const struct cost_shm *shm)
{
	double times[COST_FORKS];
	size_t count = cost_fork_times(shm, times);
	enum cost_reason why = COST_WHY_NO_FORK_ENDED;
	set(values, COST_FORK_P50, stats_quantile(times, count, 0.5), why);
	set(values, COST_FORK_P99, stats_quantile(times, count, 0.99), why);
	set(values, COST_FORK_MAX, stats_quantile(times, count, 1), why);
	set(values, COST_FORK_FIRST, elapsed_ns(shm->first.called, shm->first.returned), why);
	count = 0;
	for (size_t i = 0; i < valid_forks(shm->bare_forks); i++)
		count = append_valid(
			times, count, elapsed_ns(shm->bare[i].called, shm->bare[i].returned));
	set(values, COST_BARE_FORK_P50, median(times, count), why);
}

/* The three parts of each fork. */
static void take_parts(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context)
{
	double prepare[COST_FORKS], middle[COST_FORKS], parent[COST_FORKS];
	size_t prepares = 0, middles = 0, parents = 0;
	enum cost_reason why = context->method != METHOD_FORK ? COST_WHY_NO_HANDLERS
			       : !shm->outermost              ? COST_WHY_NOT_OUTERMOST
							      : COST_WHY_NO_FORK_ENDED;
	for (size_t i = 0; i < valid_forks(shm->forks); i++) {
		const struct cost_fork *fork = &shm->fork[i];
		prepares =
			append_valid(prepare, prepares, elapsed_ns(fork->called, fork->prepared));
		middles = append_valid(middle, middles, elapsed_ns(fork->prepared, fork->parent));
		parents = append_valid(parent, parents, elapsed_ns(fork->parent, fork->returned));
	}
	set(values, COST_FORK_PREPARE, median(prepare, prepares), why);
	set(values, COST_FORK_KERNEL_AND_LIBC, median(middle, middles), why);
	set(values, COST_FORK_PARENT, median(parent, parents), why);
}

/* ---- Background calls ---- */

void cost_histogram_add(
	struct cost_histogram *sum, const struct cost_histogram *each, uint32_t threads)
{
	for (uint32_t i = 0; i < threads && i < SHM_WORKERS_MAX; i++) {
		for (uint32_t bucket = 0; bucket < COST_BUCKETS; bucket++) {
			sum->bucket[bucket] += each[i].bucket[bucket];
			sum->count += each[i].bucket[bucket];
		}
		if (each[i].longest > sum->longest && each[i].longest < plausible_max_ns)
			sum->longest = each[i].longest;
	}
}

double cost_histogram_quantile(const struct cost_histogram *histogram, double q)
{
	uint64_t sum = 0, target = (uint64_t)ceil(q * (double)histogram->count);
	for (uint32_t bucket = 0; histogram->count && bucket < COST_BUCKETS; bucket++) {
		sum += histogram->bucket[bucket];
		if (sum >= target && sum > 0) {
			double floor = (double)cost_bucket_floor(bucket);
			double next = (double)cost_bucket_floor(bucket + 1);
			return floor + (next - floor - 1) / 2;
		}
	}
	return NAN;
}

static double longest(const struct cost_histogram *histogram)
{
	return histogram->count ? (double)histogram->longest : NAN;
}

/* The median of the longest call around each fork. */
static void take_stalls(
	struct cost_values *values, const struct cost_shm *shm, enum cost_reason why)
{
	double each[COST_FORKS];
	size_t count = 0;
	for (size_t i = 0; i < valid_forks(shm->forks); i++)
		if (shm->fork[i].stall && shm->fork[i].stall < plausible_max_ns)
			each[count++] = (double)shm->fork[i].stall;
	set(values, COST_STALL_P50, median(each, count), why);
}

static void take_calls(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context)
{
	struct cost_histogram calm = {0}, around = {0};
	enum cost_reason why = context->threads ? COST_WHY_NO_CALL : COST_WHY_NO_THREADS;
	cost_histogram_add(&calm, shm->calm, context->threads ? context->threads : 1);
	cost_histogram_add(&around, shm->around, context->threads);
	set(values, COST_CALM_P99, cost_histogram_quantile(&calm, 0.99), why);
	set(values, COST_CALM_MAX, longest(&calm), why);
	set(values, COST_STALL_P99, cost_histogram_quantile(&around, 0.99), why);
	set(values, COST_STALL_MAX, longest(&around), why);
	take_stalls(values, shm, why);
	double ns = elapsed_ns(1, shm->operations_ns + 1);
	set(values, COST_CALL_RATE, ns > 0 ? (double)shm->operations * 1e9 / ns : NAN, why);
}

/* ---- Children ---- */

static void take_child_medians(struct cost_values *values, const struct cost_shm *shm)
{
	static const struct {
		enum cost_figure figure;
		size_t offset;
	} fields[] = {
		{COST_FIRST_TIME, offsetof(struct cost_child, first_ns)},
		{COST_FIRST_FAULTS, offsetof(struct cost_child, first_faults)},
		{COST_FULL_TIME, offsetof(struct cost_child, full_ns)},
		{COST_FULL_FAULTS, offsetof(struct cost_child, full_faults)},
		{COST_FREED_TIME, offsetof(struct cost_child, freed_ns)},
		{COST_FREED_FAULTS, offsetof(struct cost_child, freed_faults)},
		{COST_OWN_FAULTS, offsetof(struct cost_child, own_faults)},
	};
	for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
		double each[COST_TIMED_CHILDREN];
		size_t count = 0;
		for (int i = 0; i < COST_TIMED_CHILDREN; i++) {
			const struct cost_child *child = &shm->timed[i];
			uint64_t value;
			memcpy(&value, (const char *)child + fields[f].offset, sizeof(value));
			if (atomic_load(&child->done) && value < plausible_max_ns)
				each[count++] = (double)value;
		}
		set(values, fields[f].figure, median(each, count), COST_WHY_NO_CHILD_ENDED);
	}
}

static void take_handlers(struct cost_values *values, const struct cost_shm *shm)
{
	double each[COST_TIMED_CHILDREN];
	size_t count = 0;
	for (int i = 0; i < COST_TIMED_CHILDREN; i++)
		if (atomic_load(&shm->timed[i].done))
			count = append_valid(each, count,
				elapsed_ns(shm->timed[i].entered, shm->timed[i].handled));
	set(values, COST_HANDLERS_TIME, median(each, count),
		values->why[COST_FORK_PREPARE] ? values->why[COST_FORK_PREPARE]
					       : COST_WHY_NO_CHILD_ENDED);
}

/* ---- Memory ---- */

/* The memory that became private and dirty in between; a decrease counts as none. */
static double copied(const struct cost_memory *before, const struct cost_memory *after)
{
	if (!(before->known & after->known & COST_HAS_DIRTY))
		return NAN;
	double more = bytes(after->private_dirty) - bytes(before->private_dirty);
	return more < 0 ? 0 : more;
}

static void take_copies(struct cost_values *values, const struct cost_shm *shm)
{
	const struct cost_memory *at = shm->copied;
	bool dirty_known = shm->built.known & COST_HAS_DIRTY;
	enum cost_reason why = dirty_known ? COST_WHY_NO_CHILD_ENDED : COST_WHY_NO_ROLLUP;
	enum cost_reason no_handlers =
		values->why[COST_FORK_PREPARE] ? values->why[COST_FORK_PREPARE] : why;
	set(values, COST_HANDLERS_COPY, copied(&at[COST_STAGE_HANDLER], &at[COST_STAGE_FORKED]),
		no_handlers);
	set(values, COST_FIRST_COPY, copied(&at[COST_STAGE_FORKED], &at[COST_STAGE_FIRST_CALL]),
		why);
	set(values, COST_FULL_COPY, copied(&at[COST_STAGE_FORKED], &at[COST_STAGE_ALL_CALLS]), why);
	set(values, COST_FREED_COPY, copied(&at[COST_STAGE_ALL_CALLS], &at[COST_STAGE_FREED]), why);
	set(values, COST_PARENT_COPY, copied(&shm->parent[0], &shm->parent[1]), why);
}

static double known(const struct cost_memory *memory, uint32_t bit, uint64_t value)
{
	return memory->known & bit ? bytes(value) : NAN;
}

static void take_moment(struct cost_values *values, const struct cost_memory *memory,
	enum cost_moment moment, enum cost_reason why)
{
	int children = moment == COST_MOMENT_NO_CHILD ? 0 : COST_CHILDREN;
	double rss[2] = {known(memory, COST_HAS_ANONYMOUS, memory->anonymous), 0};
	double pss[2] = {known(memory, COST_HAS_PSS, memory->pss), 0};
	for (int i = 1; i <= children; i++) {
		rss[1] += known(&memory[i], COST_HAS_ANONYMOUS, memory[i].anonymous);
		pss[1] += known(&memory[i], COST_HAS_PSS, memory[i].pss);
	}
	set(values, COST_MEMORY(moment, COST_PARENT_RSS), rss[0], why);
	set(values, COST_MEMORY(moment, COST_PARENT_PSS), pss[0], why);
	set(values, COST_MEMORY(moment, COST_CHILDREN_RSS), rss[1], why);
	set(values, COST_MEMORY(moment, COST_CHILDREN_PSS), pss[1], why);
	set(values, COST_MEMORY(moment, COST_ALL_PSS), pss[0] + pss[1], why);
}

static void take_memory(struct cost_values *values, const struct cost_shm *shm)
{
	const struct cost_memory *built = &shm->built;
	for (int moment = 0; moment < COST_MOMENTS; moment++)
		take_moment(values, shm->memory[moment], (enum cost_moment)moment,
			built->known ? COST_WHY_NO_CHILD_ENDED : COST_WHY_NO_ROLLUP);
	set(values, COST_HUGE, known(built, COST_HAS_HUGE, built->huge), COST_WHY_NO_ROLLUP);
}

static void take_stranded(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context)
{
	enum cost_reason why = context->threads ? COST_WHY_SEARCH_NOT_ENDED : COST_WHY_NO_THREADS;
	bool searched = context->threads && atomic_load(&shm->in_child.done);
	bool after = context->threads && atomic_load(&shm->after_exit.done);
	set(values, COST_CACHED_BYTES, searched ? bytes(shm->in_child.bytes) : NAN, why);
	set(values, COST_STRANDED, searched ? bytes(shm->in_child.lost_bytes) : NAN, why);
	set(values, COST_STRANDED_DESPITE_THREADS,
		searched ? bytes(shm->in_child.lost_to_all) : NAN, why);
	set(values, COST_STRANDED_AFTER_EXIT, after ? bytes(shm->after_exit.lost_to_all) : NAN,
		why);
}

/* ---- The snapshot server ---- */

/* The memory of all processes beyond that of the parent alone. */
static double added_memory(const struct cost_snapshot *snapshot)
{
	double before = known(&snapshot->before, COST_HAS_PSS, snapshot->before.pss);
	double parent = known(&snapshot->parent, COST_HAS_PSS, snapshot->parent.pss);
	double child = known(&snapshot->child, COST_HAS_PSS, snapshot->child.pss);
	double more = parent + child - before;
	return more < 0 ? 0 : more;
}

static void take_requests(struct cost_values *values, const struct cost_histogram *requests,
	enum cost_figure stall, enum cost_figure p99, enum cost_reason why)
{
	struct cost_histogram sum = {0};
	cost_histogram_add(&sum, requests, 1);
	set(values, stall, longest(&sum), why);
	set(values, p99, cost_histogram_quantile(&sum, 0.99), why);
}

static void take_snapshot(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context)
{
	const struct cost_snapshot *snapshot = &shm->snapshot;
	if (context->server != COST_SNAPSHOT_SERVER || !atomic_load(&snapshot->done) ||
		snapshot->wrong) {
		set_all(values, COST_SNAPSHOT_FORK, COST_SNAPSHOT_VERIFIED + 1,
			context->server == COST_SNAPSHOT_SERVER ? COST_WHY_NO_SNAPSHOT
								: COST_WHY_NO_SNAPSHOT_SERVER);
		return;
	}
	enum cost_reason why = COST_WHY_NO_REQUEST;
	set(values, COST_SNAPSHOT_FORK, elapsed_ns(1, snapshot->fork_ns + 1), why);
	set(values, COST_SNAPSHOT_TIME, elapsed_ns(1, snapshot->took_ns + 1), why);
	take_requests(values, &snapshot->during, COST_SNAPSHOT_STALL, COST_SNAPSHOT_P99, why);
	take_requests(
		values, &snapshot->calm, COST_SNAPSHOT_CALM_STALL, COST_SNAPSHOT_CALM_P99, why);
	set(values, COST_SNAPSHOT_COPIED, added_memory(snapshot), COST_WHY_NO_ROLLUP);
	set(values, COST_SNAPSHOT_VERIFIED, bytes(snapshot->file_bytes), why);
}

/* ---- The servers on the loopback: prefork and pool ---- */

void cost_clients_add(struct cost_histogram *sum, const struct cost_shm *shm)
{
	for (int i = 0; i < COST_CLIENTS; i++)
		cost_histogram_add(sum, &shm->service.client[i].latency, 1);
}

/* The mean of the children that were measured. */
static double mean_child_bytes(const struct cost_service *service)
{
	double sum = 0;
	uint32_t count = service->children < COST_POOL ? service->children : COST_POOL;
	for (uint32_t i = 0; i < count; i++)
		sum += known(&service->child[i], COST_HAS_DIRTY, service->child[i].private_dirty);
	return count ? sum / count : NAN;
}

/* The figures of both servers are in the same order; `first` is the rate. */
static void take_service(
	struct cost_values *values, const struct cost_shm *shm, enum cost_figure first)
{
	enum { RATE, P50, P99, P999, MAX, HUNG, CHILD };
	const struct cost_service *service = &shm->service;
	struct cost_histogram latency = {0};
	double hung = 0, ns = elapsed_ns(1, service->took_ns + 1);
	enum cost_reason why = COST_WHY_NO_ANSWER;
	cost_clients_add(&latency, shm);
	for (int i = 0; i < COST_CLIENTS; i++)
		hung += bytes(service->client[i].hung);
	set(values, first + RATE, ns > 0 ? (double)latency.count * 1e9 / ns : NAN, why);
	set(values, first + P50, cost_histogram_quantile(&latency, 0.5), why);
	set(values, first + P99, cost_histogram_quantile(&latency, 0.99), why);
	set(values, first + P999, cost_histogram_quantile(&latency, 0.999), why);
	set(values, first + MAX, longest(&latency), why);
	set(values, first + HUNG, hung, why);
	set(values, first + CHILD, mean_child_bytes(service), COST_WHY_NO_ROLLUP);
}

static void take_services(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context)
{
	static const struct {
		enum cost_server server;
		enum cost_figure first, last;
		enum cost_reason why;
	} services[] = {
		{COST_PREFORK_SERVER, COST_PREFORK_RATE, COST_PREFORK_CHILD,
			COST_WHY_NO_PREFORK_SERVER},
		{COST_POOL_SERVER, COST_POOL_RATE, COST_POOL_CHILD, COST_WHY_NO_POOL_SERVER},
	};
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		bool asked = context->server == services[i].server;
		set_all(values, services[i].first, services[i].last + 1,
			asked ? COST_WHY_SERVER_NOT_ENDED : services[i].why);
		if (asked && atomic_load(&shm->service.done))
			take_service(values, shm, services[i].first);
	}
}

/* ---- The instruments ---- */

/* How much longer the same work took in the slowest of ten runs than in the fastest one. */
static void take_machine(struct cost_values *values, const struct cost_shm *shm)
{
	double each[COST_SPINS];
	size_t count = 0;
	for (int i = 0; i < COST_SPINS; i++)
		if (shm->spin_ns[i] && shm->spin_ns[i] < plausible_max_ns)
			each[count++] = (double)shm->spin_ns[i];
	double middle = stats_quantile(each, count, 0.9);
	set(values, COST_MACHINE_UNEVENNESS, count ? middle / each[0] : NAN,
		COST_WHY_NO_INSTRUMENT);
	set(values, COST_CLOCK, elapsed_ns(1, shm->clock_ns + 1), COST_WHY_NO_INSTRUMENT);
}

void cost_values(
	struct cost_values *values, const struct cost_shm *shm, const struct cost_context *context)
{
	set_all(values, 0, COST_FIGURES, COST_WHY_NOT_MEASURED);
	take_forks(values, shm);
	take_parts(values, shm, context);
	take_calls(values, shm, context);
	take_child_medians(values, shm);
	take_handlers(values, shm);
	take_copies(values, shm);
	take_memory(values, shm);
	take_stranded(values, shm, context);
	take_snapshot(values, shm, context);
	take_services(values, shm, context);
	take_machine(values, shm);
}
