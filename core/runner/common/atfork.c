#include "atfork.h"

#include "runner.h"
#include "scenario.h"

#include <pthread.h>

#ifdef __GLIBC__
/* glibc's pthread_atfork() is this call, with the address that identifies the calling object. */
extern int __register_atfork(
	void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);
extern char __dso_handle __attribute__((visibility("hidden")));

int lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return __register_atfork(prepare, parent, child, &__dso_handle);
}

/* Weak, as in the allocator: this reference must not bring the function in. */
extern __typeof__(pthread_atfork) pthread_atfork __attribute__((weak));

bool atfork_would_change_allocator(void)
{
	return allocator.weak_atfork && !pthread_atfork;
}
#else
/* musl has no other entry, and no allocator that refers to it weakly. */
int lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return pthread_atfork(prepare, parent, child);
}

bool atfork_would_change_allocator(void)
{
	return false;
}
#endif
