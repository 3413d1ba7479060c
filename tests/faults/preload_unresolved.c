/* Wants a function that nobody has: the loader refuses to go on. */
void forklab_nobody_has_this(void);
void (*forklab_unresolved)(void) = forklab_nobody_has_this;
