/* The library of preload_orphan.c: no file has its soname. */
int forklab_nowhere(void);

int forklab_nowhere(void)
{
	return 0;
}
