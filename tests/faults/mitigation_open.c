/*
 * A planted fault: the mitigation's handlers are not registered, although the call succeeds. The
 * linker substitutes this for pthread_atfork().
 */
#include <pthread.h>

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
	return 0;
}
