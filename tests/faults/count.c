/* No fault: reports how often each function was called, as an allocator's complaint. */
#include "allocator.h"
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>

static void tell(void)
{
	char words[128];
	snprintf(words, sizeof(words), "malloc %u calloc %u realloc %u aligned_alloc %u free %u",
		heap_count.malloc, heap_count.calloc, heap_count.realloc, heap_count.aligned_alloc,
		heap_count.free);
	lab_complain(words);
	abort();
}

const struct fault faults_count[] = {
	{.name = "count", .at_end = tell},
	{.name = "count-parent", .before_fork = tell},
	{0},
};
