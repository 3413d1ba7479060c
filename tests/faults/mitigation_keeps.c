/*
 * A planted fault: the cure holds everybody off, and its child's handler is lost, so that the child
 * finds the gate closed. The linker puts this in the place of pthread_atfork().
 */
#include <pthread.h>

int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)child;
	return __real_pthread_atfork(prepare, parent, NULL);
}
