#include "cost_figures.h"

#include "stats.h"

#include <math.h>
#include <stdbool.h>

/* A figure beyond that is a scribble: a runner does not live that long. */
static const uint64_t longest_ns = UINT64_C(600) * 1000 * 1000 * 1000;
static const uint64_t most_bytes = UINT64_C(1) << 46;

/* clang-format off */
#define SHARE(moment, share, key) \
	[COST_MEMORY(moment, share)] = {"memory_" key "_bytes", COST_BYTES, COST_MEDIAN}
#define MOMENT(moment, word) \
	SHARE(moment, COST_PARENT_RSS, word "_parent_rss"), \
	SHARE(moment, COST_PARENT_PSS, word "_parent_pss"), \
	SHARE(moment, COST_CHILDREN_RSS, word "_children_rss"), \
	SHARE(moment, COST_CHILDREN_PSS, word "_children_pss"), \
	SHARE(moment, COST_ALL_PSS, word "_pss")
/* clang-format on */
_Static_assert(COST_MEMORY(COST_MOMENTS, 0) == (int)COST_MEMORY_END, "each moment has its figures");

static const struct cost_trait traits[COST_FIGURES] = {
	[COST_FORK_P50] = {"fork_p50_ns", COST_NS, COST_MEDIAN},
	[COST_FORK_P99] = {"fork_p99_ns", COST_NS, COST_POOLED},
	[COST_FORK_MAX] = {"fork_max_ns", COST_NS, COST_GREATEST},
	[COST_FORK_FIRST] = {"fork_first_ns", COST_NS, COST_MEDIAN},
	[COST_PREPARE] = {"fork_prepare_ns", COST_NS, COST_MEDIAN},
	[COST_MIDDLE] = {"fork_kernel_and_libc_ns", COST_NS, COST_MEDIAN},
	[COST_PARENT] = {"fork_parent_ns", COST_NS, COST_MEDIAN},
	[COST_KERNEL] = {"bare_fork_p50_ns", COST_NS, COST_MEDIAN},
	[COST_CALM_P99] = {"call_p99_ns", COST_NS, COST_POOLED},
	[COST_CALM_MAX] = {"call_max_ns", COST_NS, COST_GREATEST},
	[COST_STALL_P99] = {"stall_call_p99_ns", COST_NS, COST_POOLED},
	[COST_STALL_MAX] = {"stall_max_ns", COST_NS, COST_GREATEST},
	[COST_STALL_P50] = {"stall_p50_ns", COST_NS, COST_MEDIAN},
	[COST_OPERATIONS] = {"calls_per_s", COST_PER_SECOND, COST_MEDIAN},
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
	[COST_LOST] = {"stranded_bytes", COST_BYTES, COST_MEDIAN},
	[COST_LOST_TO_ALL] = {"stranded_despite_threads_bytes", COST_BYTES, COST_MEDIAN},
	[COST_LOST_AFTER_EXIT] = {"stranded_after_exit_bytes", COST_BYTES, COST_MEDIAN},
	MOMENT(COST_ALONE, "alone"),
	MOMENT(COST_ALL, "forked"),
	MOMENT(COST_ALL_FULL, "allocated"),
	MOMENT(COST_ALL_FREED, "freed"),
	MOMENT(COST_PARENT_ON, "parent_on"),
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
	[COST_PREFORK_MAX] = {"prefork_request_max_ns", COST_NS, COST_GREATEST},
	[COST_PREFORK_HUNG] = {"prefork_hung", COST_NUMBER, COST_GREATEST},
	[COST_PREFORK_CHILD] = {"prefork_child_bytes", COST_BYTES, COST_MEDIAN},
	[COST_POOL_RATE] = {"pool_requests_per_s", COST_PER_SECOND, COST_MEDIAN},
	[COST_POOL_P50] = {"pool_request_p50_ns", COST_NS, COST_MEDIAN},
	[COST_POOL_P99] = {"pool_request_p99_ns", COST_NS, COST_POOLED},
	[COST_POOL_P999] = {"pool_request_p999_ns", COST_NS, COST_POOLED},
	[COST_POOL_MAX] = {"pool_request_max_ns", COST_NS, COST_GREATEST},
	[COST_POOL_HUNG] = {"pool_hung", COST_NUMBER, COST_GREATEST},
	[COST_POOL_CHILD] = {"pool_child_bytes", COST_BYTES, COST_MEDIAN},
	[COST_HUGE] = {"huge_bytes", COST_BYTES, COST_MEDIAN},
	[COST_CLOCK] = {"clock_ns", COST_NS, COST_MEDIAN},
	[COST_OWN_FAULTS] = {"own_faults", COST_NUMBER, COST_GREATEST},
	[COST_MACHINE] = {"machine_unevenness", COST_RATIO, COST_MEDIAN},
};

const struct cost_trait *cost_trait(size_t figure)
{
	return &traits[figure];
}

/* ---- Values ---- */

static void set(struct cost_values *values, enum cost_figure figure, double value, const char *why)
{
	values->value[figure] = value;
	values->why[figure] = isnan(value) ? why : NULL;
}

static void set_all(struct cost_values *values, size_t from, size_t to, const char *why)
{
	for (size_t i = from; i < to; i++)
		set(values, (enum cost_figure)i, NAN, why);
}

static double span(uint64_t from, uint64_t to)
{
	return from && to >= from && to - from < longest_ns ? (double)(to - from) : NAN;
}

static double bytes(uint64_t value)
{
	return value < most_bytes ? (double)value : NAN;
}

static double median(double *values, size_t count)
{
	return stats_quantile(values, count, 0.5);
}

/* Keeps what is a number; how many there are then. */
static size_t keep(double *values, size_t count, double value)
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

size_t cost_fork_times(const struct cost_sheet *sheet, double *times)
{
	size_t count = 0;
	for (size_t i = 0; i < valid_forks(sheet->forks); i++)
		count = keep(times, count, span(sheet->fork[i].called, sheet->fork[i].returned));
	return count;
}

static void take_forks(struct cost_values *values, const struct cost_sheet *sheet)
{
	double times[COST_FORKS];
	size_t count = cost_fork_times(sheet, times);
	const char *why = "no fork came to its end";
	set(values, COST_FORK_P50, stats_quantile(times, count, 0.5), why);
	set(values, COST_FORK_P99, stats_quantile(times, count, 0.99), why);
	set(values, COST_FORK_MAX, stats_quantile(times, count, 1), why);
	set(values, COST_FORK_FIRST, span(sheet->first.called, sheet->first.returned), why);
	count = 0;
	for (size_t i = 0; i < valid_forks(sheet->bares); i++)
		count = keep(times, count, span(sheet->bare[i].called, sheet->bare[i].returned));
	set(values, COST_KERNEL, median(times, count), why);
}

/* The three parts of each fork. */
static void take_parts(
	struct cost_values *values, const struct cost_sheet *sheet, const struct cost_context *of)
{
	double prepare[COST_FORKS], middle[COST_FORKS], parent[COST_FORKS];
	size_t prepares = 0, middles = 0, parents = 0;
	const char *why = of->method != METHOD_FORK ? "this fork method runs no handlers"
			  : !sheet->outermost
				  ? "no handler can be registered before the allocator's here"
				  : "no fork came to its end";
	for (size_t i = 0; i < valid_forks(sheet->forks); i++) {
		const struct cost_fork *fork = &sheet->fork[i];
		prepares = keep(prepare, prepares, span(fork->called, fork->prepared));
		middles = keep(middle, middles, span(fork->prepared, fork->parent));
		parents = keep(parent, parents, span(fork->parent, fork->returned));
	}
	set(values, COST_PREPARE, median(prepare, prepares), why);
	set(values, COST_MIDDLE, median(middle, middles), why);
	set(values, COST_PARENT, median(parent, parents), why);
}

/* ---- Background calls ---- */

void cost_histogram_add(
	struct cost_histogram *sum, const struct cost_histogram *each, uint32_t threads)
{
	for (uint32_t i = 0; i < threads && i < PAGE_WORKERS_MAX; i++) {
		for (uint32_t bucket = 0; bucket < COST_BUCKETS; bucket++) {
			sum->bucket[bucket] += each[i].bucket[bucket];
			sum->count += each[i].bucket[bucket];
		}
		if (each[i].longest > sum->longest && each[i].longest < longest_ns)
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

/* Around each fork the longest; the median of these. */
static void take_stalls(struct cost_values *values, const struct cost_sheet *sheet, const char *why)
{
	double each[COST_FORKS];
	size_t count = 0;
	for (size_t i = 0; i < valid_forks(sheet->forks); i++)
		if (sheet->fork[i].stall && sheet->fork[i].stall < longest_ns)
			each[count++] = (double)sheet->fork[i].stall;
	set(values, COST_STALL_P50, median(each, count), why);
}

static void take_calls(
	struct cost_values *values, const struct cost_sheet *sheet, const struct cost_context *of)
{
	struct cost_histogram calm = {0}, around = {0};
	const char *why = of->threads ? "no call was seen" : "there are no background threads";
	cost_histogram_add(&calm, sheet->calm, of->threads ? of->threads : 1);
	cost_histogram_add(&around, sheet->around, of->threads);
	set(values, COST_CALM_P99, cost_histogram_quantile(&calm, 0.99), why);
	set(values, COST_CALM_MAX, longest(&calm), why);
	set(values, COST_STALL_P99, cost_histogram_quantile(&around, 0.99), why);
	set(values, COST_STALL_MAX, longest(&around), why);
	take_stalls(values, sheet, why);
	double ns = span(1, sheet->operations_ns + 1);
	set(values, COST_OPERATIONS, ns > 0 ? (double)sheet->operations * 1e9 / ns : NAN, why);
}

/* ---- Children ---- */

static void take_child_medians(struct cost_values *values, const struct cost_sheet *sheet)
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
	for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
		double each[COST_TIMED_CHILDREN];
		size_t count = 0;
		for (int i = 0; i < COST_TIMED_CHILDREN; i++) {
			const struct cost_child *child = &sheet->timed[i];
			uint64_t value =
				*(const uint64_t *)((const char *)child + fields[f].offset);
			if (atomic_load(&child->done) && value < longest_ns)
				each[count++] = (double)value;
		}
		set(values, fields[f].figure, median(each, count), "no child came to its end");
	}
}

static void take_handlers(struct cost_values *values, const struct cost_sheet *sheet)
{
	double each[COST_TIMED_CHILDREN];
	size_t count = 0;
	for (int i = 0; i < COST_TIMED_CHILDREN; i++)
		if (atomic_load(&sheet->timed[i].done))
			count = keep(each, count,
				span(sheet->timed[i].entered, sheet->timed[i].handled));
	set(values, COST_HANDLERS_TIME, median(each, count),
		values->why[COST_PREPARE] ? values->why[COST_PREPARE] : "no child came to its end");
}

/* ---- Memory ---- */

static const char no_rollup[] = "the kernel does not tell: /proc/PID/smaps_rollup";

/* What became private and dirty between two looks; less cannot be, so that is none. */
static double copied(const struct cost_memory *before, const struct cost_memory *after)
{
	if (!(before->known & after->known & COST_KNOWS_DIRTY))
		return NAN;
	double more = bytes(after->private_dirty) - bytes(before->private_dirty);
	return more < 0 ? 0 : more;
}

static void take_copies(struct cost_values *values, const struct cost_sheet *sheet)
{
	const struct cost_memory *at = sheet->copied;
	bool told = sheet->built.known & COST_KNOWS_DIRTY;
	const char *why = told ? "no child came to its end" : no_rollup;
	const char *no_handlers = values->why[COST_PREPARE] ? values->why[COST_PREPARE] : why;
	set(values, COST_HANDLERS_COPY, copied(&at[COST_ENTERED], &at[COST_FORKED]), no_handlers);
	set(values, COST_FIRST_COPY, copied(&at[COST_FORKED], &at[COST_FIRST]), why);
	set(values, COST_FULL_COPY, copied(&at[COST_FORKED], &at[COST_FULL]), why);
	set(values, COST_FREED_COPY, copied(&at[COST_FULL], &at[COST_FREED]), why);
	set(values, COST_PARENT_COPY, copied(&sheet->parent[0], &sheet->parent[1]), why);
}

static double known(const struct cost_memory *memory, uint32_t bit, uint64_t value)
{
	return memory->known & bit ? bytes(value) : NAN;
}

static void take_moment(struct cost_values *values, const struct cost_memory *memory,
	enum cost_moment moment, const char *why)
{
	int children = moment == COST_ALONE ? 0 : COST_CHILDREN;
	double rss[2] = {known(memory, COST_KNOWS_ANONYMOUS, memory->anonymous), 0};
	double pss[2] = {known(memory, COST_KNOWS_PSS, memory->pss), 0};
	for (int i = 1; i <= children; i++) {
		rss[1] += known(&memory[i], COST_KNOWS_ANONYMOUS, memory[i].anonymous);
		pss[1] += known(&memory[i], COST_KNOWS_PSS, memory[i].pss);
	}
	set(values, COST_MEMORY(moment, COST_PARENT_RSS), rss[0], why);
	set(values, COST_MEMORY(moment, COST_PARENT_PSS), pss[0], why);
	set(values, COST_MEMORY(moment, COST_CHILDREN_RSS), rss[1], why);
	set(values, COST_MEMORY(moment, COST_CHILDREN_PSS), pss[1], why);
	set(values, COST_MEMORY(moment, COST_ALL_PSS), pss[0] + pss[1], why);
}

static void take_memory(struct cost_values *values, const struct cost_sheet *sheet)
{
	const struct cost_memory *built = &sheet->built;
	for (int moment = 0; moment < COST_MOMENTS; moment++)
		take_moment(values, sheet->memory[moment], (enum cost_moment)moment,
			built->known ? "no child came to its end" : no_rollup);
	set(values, COST_HUGE, known(built, COST_KNOWS_HUGE, built->huge), no_rollup);
}

static void take_lost(
	struct cost_values *values, const struct cost_sheet *sheet, const struct cost_context *of)
{
	const char *why = of->threads ? "the process that was to look did not come to its end"
				      : "there are no background threads";
	bool searched = of->threads && atomic_load(&sheet->in_child.done);
	bool after = of->threads && atomic_load(&sheet->after_exit.done);
	set(values, COST_CACHED_BYTES, searched ? bytes(sheet->in_child.bytes) : NAN, why);
	set(values, COST_LOST, searched ? bytes(sheet->in_child.lost_bytes) : NAN, why);
	set(values, COST_LOST_TO_ALL, searched ? bytes(sheet->in_child.lost_to_all) : NAN, why);
	set(values, COST_LOST_AFTER_EXIT, after ? bytes(sheet->after_exit.lost_to_all) : NAN, why);
}

/* ---- The snapshot server ---- */

/* What all processes take together, more than the parent alone did. */
static double taken_more(const struct cost_snapshot *snapshot)
{
	double before = known(&snapshot->before, COST_KNOWS_PSS, snapshot->before.pss);
	double parent = known(&snapshot->parent, COST_KNOWS_PSS, snapshot->parent.pss);
	double child = known(&snapshot->child, COST_KNOWS_PSS, snapshot->child.pss);
	double more = parent + child - before;
	return more < 0 ? 0 : more;
}

static void take_requests(struct cost_values *values, const struct cost_histogram *requests,
	enum cost_figure stall, enum cost_figure p99, const char *why)
{
	struct cost_histogram sum = {0};
	cost_histogram_add(&sum, requests, 1);
	set(values, stall, longest(&sum), why);
	set(values, p99, cost_histogram_quantile(&sum, 0.99), why);
}

static void take_snapshot(
	struct cost_values *values, const struct cost_sheet *sheet, const struct cost_context *of)
{
	const struct cost_snapshot *snapshot = &sheet->snapshot;
	if (of->server != COST_SNAPSHOT_SERVER || !atomic_load(&snapshot->done) ||
		snapshot->wrong) {
		set_all(values, COST_SNAPSHOT_FORK, COST_SNAPSHOT_VERIFIED + 1,
			of->server == COST_SNAPSHOT_SERVER
				? "no snapshot came to its end"
				: "no snapshot server was run (--server snapshot)");
		return;
	}
	const char *why = "no request was seen";
	set(values, COST_SNAPSHOT_FORK, span(1, snapshot->fork_ns + 1), why);
	set(values, COST_SNAPSHOT_TIME, span(1, snapshot->took_ns + 1), why);
	take_requests(values, &snapshot->during, COST_SNAPSHOT_STALL, COST_SNAPSHOT_P99, why);
	take_requests(
		values, &snapshot->calm, COST_SNAPSHOT_CALM_STALL, COST_SNAPSHOT_CALM_P99, why);
	set(values, COST_SNAPSHOT_COPIED, taken_more(snapshot), no_rollup);
	set(values, COST_SNAPSHOT_VERIFIED, bytes(snapshot->file_bytes), why);
}

/* ---- The servers on the loopback: prefork and pool ---- */

void cost_clients_add(struct cost_histogram *sum, const struct cost_sheet *sheet)
{
	for (int i = 0; i < COST_CLIENTS; i++)
		cost_histogram_add(sum, &sheet->service.client[i].latency, 1);
}

/* Of those that were looked at, their mean. */
static double of_children(const struct cost_service *service)
{
	double sum = 0;
	uint32_t count = service->children < COST_POOL ? service->children : COST_POOL;
	for (uint32_t i = 0; i < count; i++)
		sum += known(&service->child[i], COST_KNOWS_DIRTY, service->child[i].private_dirty);
	return count ? sum / count : NAN;
}

/* Their figures stand in the same order; `first` is the rate. */
static void take_service(
	struct cost_values *values, const struct cost_sheet *sheet, enum cost_figure first)
{
	enum { RATE, P50, P99, P999, MAX, HUNG, CHILD };
	const struct cost_service *service = &sheet->service;
	struct cost_histogram latency = {0};
	double hung = 0, ns = span(1, service->took_ns + 1);
	const char *why = "no request was answered";
	cost_clients_add(&latency, sheet);
	for (int i = 0; i < COST_CLIENTS; i++)
		hung += bytes(service->client[i].hung);
	set(values, first + RATE, ns > 0 ? (double)latency.count * 1e9 / ns : NAN, why);
	set(values, first + P50, cost_histogram_quantile(&latency, 0.5), why);
	set(values, first + P99, cost_histogram_quantile(&latency, 0.99), why);
	set(values, first + P999, cost_histogram_quantile(&latency, 0.999), why);
	set(values, first + MAX, longest(&latency), why);
	set(values, first + HUNG, hung, why);
	set(values, first + CHILD, of_children(service), no_rollup);
}

static void take_services(
	struct cost_values *values, const struct cost_sheet *sheet, const struct cost_context *of)
{
	static const struct {
		enum cost_server server;
		enum cost_figure first, last;
		const char *why;
	} services[] = {
		{COST_PREFORK_SERVER, COST_PREFORK_RATE, COST_PREFORK_CHILD,
			"no prefork server was run (--server prefork)"},
		{COST_POOL_SERVER, COST_POOL_RATE, COST_POOL_CHILD,
			"no pool server was run (--server pool)"},
	};
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		bool asked = of->server == services[i].server;
		set_all(values, services[i].first, services[i].last + 1,
			asked ? "the server did not come to its end" : services[i].why);
		if (asked && atomic_load(&sheet->service.done))
			take_service(values, sheet, services[i].first);
	}
}

/* ---- The instruments ---- */

/* How much longer the same work took, at its median, than at its fastest. */
static void take_machine(struct cost_values *values, const struct cost_sheet *sheet)
{
	double each[COST_SPINS];
	size_t count = 0;
	for (int i = 0; i < COST_SPINS; i++)
		if (sheet->spin_ns[i] && sheet->spin_ns[i] < longest_ns)
			each[count++] = (double)sheet->spin_ns[i];
	double middle = stats_quantile(each, count, 0.9);
	set(values, COST_MACHINE, count ? middle / each[0] : NAN, "the runner did not measure it");
	set(values, COST_CLOCK, span(1, sheet->clock_ns + 1), "the runner did not measure it");
}

void cost_values(
	struct cost_values *values, const struct cost_sheet *sheet, const struct cost_context *of)
{
	set_all(values, 0, COST_FIGURES, "not measured");
	take_forks(values, sheet);
	take_parts(values, sheet, of);
	take_calls(values, sheet, of);
	take_child_medians(values, sheet);
	take_handlers(values, sheet);
	take_copies(values, sheet);
	take_memory(values, sheet);
	take_lost(values, sheet, of);
	take_snapshot(values, sheet, of);
	take_services(values, sheet, of);
	take_machine(values, sheet);
}
