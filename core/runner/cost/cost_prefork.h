#ifndef FORKLAB_COST_PREFORK_H
#define FORKLAB_COST_PREFORK_H

/* Runs the prefork server and its clients while the background threads work. Main thread. */
void cost_prefork_serve(void);

#endif
