/* Never lets the program's main() begin. */
#include <unistd.h>

static void __attribute__((constructor)) hang(void)
{
	for (;;)
		pause();
}
