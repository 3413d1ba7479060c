/* CLOCK_MONOTONIC in nanoseconds, the clock that the shared page uses, and units of time. */
#pragma once

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

static inline uint64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/*
 * CLOCK_MONOTONIC without the time in which this process was stopped, or did not get a processor
 * for long: at most 100 ms pass between two calls. For deadlines of loops that call it often. One
 * thread may call it.
 */
uint64_t watched_ns(void);

/* CPU time of this process, in nanoseconds. */
static inline uint64_t process_cpu_ns(void)
{
	struct timespec used;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

/* Sleeps that long; a signal handler ends the sleep early. */
static inline void sleep_ns(uint64_t ns)
{
	const struct timespec time = {
		.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static inline double seconds_since(uint64_t from_ns)
{
	return (double)(monotonic_ns() - from_ns) / 1e9;
}
