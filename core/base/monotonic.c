#include "monotonic.h"

uint64_t watched_ns(void)
{
	static const uint64_t most_ns = 100 * NS_PER_MS;
	static uint64_t last_ns, absent_ns;
	uint64_t now_ns = monotonic_ns();
	if (last_ns && now_ns - last_ns > most_ns)
		absent_ns += now_ns - last_ns - most_ns;
	last_ns = now_ns;
	return now_ns - absent_ns;
}
