/*
 * A planted fault: the mitigation's gate closes, but its child handler is not registered, so the
 * gate stays closed in the child. The linker substitutes this for pthread_atfork().
 */
#include <pthread.h>

int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)child;
	return __real_pthread_atfork(prepare, parent, NULL);
}
