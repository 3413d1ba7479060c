#ifndef FORKLAB_COST_SNAPSHOT_H
#define FORKLAB_COST_SNAPSHOT_H

/* Runs the snapshot server once while the background threads work. Main thread. */
void cost_snapshot_serve(void);

#endif
