#ifndef FORKLAB_MODE_HEAP_CHECK_H
#define FORKLAB_MODE_HEAP_CHECK_H

/*
 * Checks for damage that no trial notices; the results are in shm->heap_check. If the plan has no
 * trials, only the block layout of a fresh process is recorded. Parent, main thread.
 */
void mode_heap_check(void);

#endif
