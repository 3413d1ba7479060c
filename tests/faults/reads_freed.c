/* A child that reads a freed block, which memcheck reports. */
#include <pthread.h>
#include <stdlib.h>

static void read_freed(void)
{
	volatile char *volatile block = malloc(100);
	if (!block)
		return;
	block[50] = 1;
	free((void *)block);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the fault itself */
	block[50]++;
}

__attribute__((constructor)) static void plan_it(void)
{
	pthread_atfork(NULL, NULL, read_freed);
}
