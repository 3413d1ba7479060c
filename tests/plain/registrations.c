#include "registrations.h"

#include <dlfcn.h>
#include <stddef.h>

/* Nothing here forks while it counts, so a dynamic program's registrations go no further. */

#ifdef PLAIN_STATIC
int __real___register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
int __wrap___register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

static int registered;

int __wrap___register_atfork(
	void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
{
	registered++;
	return __real___register_atfork(prepare, parent, child, object);
}

int registrations(void)
{
	return registered;
}
#else
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
int pthread_atfork(void (*)(void), void (*)(void), void (*)(void));

static int registered, by_the_old_name;

int __register_atfork(
	void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
{
	(void)prepare;
	(void)parent;
	(void)child;
	(void)object;
	registered++;
	return 0;
}

/* What a reference without a version finds in libc, if libc still has it. */
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
	by_the_old_name++;
	return 0;
}

int registrations(void)
{
	void *old = dlvsym(RTLD_NEXT, "pthread_atfork", "GLIBC_2.2.5");
	return registered + (old ? by_the_old_name : 0);
}
#endif
