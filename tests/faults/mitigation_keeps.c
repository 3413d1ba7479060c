/*
 * A planted fault: the mitigation's gate closes, but its child handler is not registered, so the
 * gate stays closed in the child. The linker substitutes this for lab_register_atfork().
 */
#include <stddef.h>

int __real_lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

int __wrap_lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)child;
	return __real_lab_register_atfork(prepare, parent, NULL);
}
