/* Needs a library that is nowhere to be found: the loader goes no further. */
int forklab_nowhere(void);
int (*forklab_orphan)(void) = forklab_nowhere;
