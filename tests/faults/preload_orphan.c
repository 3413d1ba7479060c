/* Needs a library that does not exist: the loader refuses it. */
int forklab_nowhere(void);
int (*forklab_orphan)(void) = forklab_nowhere;
