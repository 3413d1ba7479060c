/* Hangs before main(). */
#include <unistd.h>

static void __attribute__((constructor)) hang(void)
{
	for (;;)
		pause();
}
