#pragma once

/* Copies the locks that were published before shm was attached into it. Main thread. */
void lock_names_flush(void);
