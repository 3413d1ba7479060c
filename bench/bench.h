/* The parts of the benchmark. Each prints its lines; none asserts anything. */
#pragma once

#include "catalogue.h"

/* Sweeps, compared with stepping without forks plus forks without stepping. */
void bench_sweeps(const struct catalogue *catalogue);

/* forklab's own memory in a sweep with few fork points, and in one with many. */
void bench_sweep_memory(const struct catalogue *catalogue);

/* An audit of each allocator that is built. */
void bench_audits(const struct catalogue *catalogue);

/* How long it takes to explain the findings of a table. */
void bench_explain(const struct catalogue *catalogue);

/* How long forklab cost takes, and whether two runs agree. */
void bench_costs(const struct catalogue *catalogue);

/* Points per second of a sweep, and the bare cost of a child, for each default allocator. */
void bench_points(const struct catalogue *catalogue);

/* The default run with a new store and again, against the sum of its cells one after the other. */
void bench_default_run(const struct catalogue *catalogue);
