/* Faults that a trace must show: leaked and closed descriptors, a heap that fails its own check. */
#include "event_log.h"
#include "fault.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SOUND = 0x50554e44 };
static volatile uint32_t canary = SOUND;

bool fault_heap_is_sound(void)
{
	return canary == SOUND;
}

static void break_heap(void)
{
	canary = 0;
}

static void leave_open(void)
{
	open("/dev/zero", O_RDONLY | O_CLOEXEC);
}

static void close_input(void)
{
	close(STDIN_FILENO);
}

static void scribble(void)
{
	memset(fault_event_log(), 0x5a, sizeof(struct event_log));
}

const struct fault faults_traced[] = {
	{.name = "leak-file", .in_child = leave_open},
	{.name = "leak-file-parent", .after_fork = leave_open},
	{.name = "close-file", .in_child = close_input},
	{.name = "break-heap", .in_child = break_heap},
	{.name = "break-heap-parent", .after_fork = break_heap},
	{.name = "scribble-trace", .in_child = scribble},
	{0},
};
