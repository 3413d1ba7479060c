#include "runner_clock.h"

#include <time.h>

uint64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void clock_spin(uint64_t ns)
{
	uint64_t end = clock_ns() + ns;
	while (clock_ns() < end)
		;
}

void clock_sleep(long ns)
{
	struct timespec rest = {.tv_nsec = ns};
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) != 0)
		;
}
