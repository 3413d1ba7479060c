/* Needs a function that does not exist: the loader refuses it. */
void forklab_nobody_has_this(void);
void (*forklab_unresolved)(void) = forklab_nobody_has_this;
