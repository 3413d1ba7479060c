/* Crashes while it is loaded, before main(). */
#include <signal.h>
#include <unistd.h>

static void __attribute__((constructor)) crash(void)
{
	static const char words[] = "what a start\n";
	if (write(2, words, sizeof(words) - 1) > 0)
		raise(SIGSEGV);
}
