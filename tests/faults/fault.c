/* The choice of the fault, and the allocator's descriptor. */
#include "fault.h"
#include "allocator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct fault harmless = {.name = ""};
const struct fault *fault = &harmless;

static const struct fault *find(const char *name)
{
	static const struct fault *const lists[] = {faults_termination, faults_stuck, faults_escape,
		faults_damage, faults_stepped, faults_traced, faults_count, faults_atfork,
		faults_silent_damage, faults_corrupt_output};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct fault *each = lists[i]; each->name; each++)
			if (strcmp(each->name, name) == 0)
				return each;
	return NULL;
}

void fault_choose(void)
{
	const char *name = getenv("FORKLAB_FAULT");
	const struct fault *found = name && *name ? find(name) : &harmless;
	if (!found) {
		dprintf(STDERR_FILENO, "no fault is called '%s'\n", name);
		abort();
	}
	fault = found;
}

static void version(char *text, size_t size)
{
	snprintf(text, size, "%s", fault->version ? fault->version : "1");
}

static void heap(struct allocator_heap_state *heap)
{
	heap->checked = 1;
	heap->sound = fault_heap_is_sound();
}

static bool owns_malloc(void)
{
	return !fault->foreign_statistics;
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME,
	.link = ALLOCATOR_LINK,
	.version = version,
	.heap = heap,
	.owns_malloc = owns_malloc,
};
