/* The library of preload_orphan.c: its soname is that of no file. */
int forklab_nowhere(void);

int forklab_nowhere(void)
{
	return 0;
}
