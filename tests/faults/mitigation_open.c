/*
 * A planted fault: the cure's handlers are registered, as far as the cure knows, and never run. The
 * linker puts this in the place of pthread_atfork().
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
