#ifndef FORKLAB_LOCK_NAMES_H
#define FORKLAB_LOCK_NAMES_H

/* Copies the locks that were published before shm was attached into it. Main thread. */
void lock_names_flush(void);

#endif
