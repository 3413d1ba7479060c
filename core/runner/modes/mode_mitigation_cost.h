#ifndef FORKLAB_MODE_MITIGATION_COST_H
#define FORKLAB_MODE_MITIGATION_COST_H

/*
 * Measures for MODE_MITIGATION_COST while all workers run; the results are in shm->mitigation_cost.
 * Main thread.
 */
void mode_mitigation_cost(void);

#endif
