/* Corrupts what the child sends or writes, which the parent compares. */
#include "fault.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes. What is shorter is no content: it says what follows. */
enum { SHORTEST = 32, LONGEST = 4096 };

const struct fault faults_corrupt_output[] = {
	{.name = "spoil-output", .output = OUTPUT_CORRUPTED},
	{.name = "swallow-output", .output = OUTPUT_DROPPED},
	{.name = NULL},
};

/* The last byte is another one. */
static const void *corrupt(const void *from, size_t size)
{
	static char text[LONGEST];
	if (fault->output != OUTPUT_CORRUPTED || !heap_in_child() || size < SHORTEST ||
		size > LONGEST)
		return from;
	memcpy(text, from, size);
	text[size - 1] ^= 1;
	return text;
}

static bool drops_output(void)
{
	return fault->output == OUTPUT_DROPPED && heap_in_child();
}

/* Here, because this is the engine's own program. */
ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	if (drops_output())
		return (ssize_t)n;
	return syscall(SYS_sendto, fd, corrupt(buf, n), n, flags, NULL, 0);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
	if (drops_output())
		return (ssize_t)n;
	return syscall(SYS_pwrite64, fd, corrupt(buf, n), n, offset);
}
