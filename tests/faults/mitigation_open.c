/*
 * A planted fault: the mitigation's handlers are not registered, although the call succeeds. The
 * linker substitutes this for lab_register_atfork() in a runner, for pthread_atfork() in a program.
 */
int __wrap_lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));

int __wrap_lab_register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare;
	(void)parent;
	(void)child;
	return 0;
}

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return __wrap_lab_register_atfork(prepare, parent, child);
}
