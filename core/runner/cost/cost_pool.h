#ifndef FORKLAB_COST_POOL_H
#define FORKLAB_COST_POOL_H

/* Runs the pool server and its clients while the background threads work. Main thread. */
void cost_pool_serve(void);

#endif
