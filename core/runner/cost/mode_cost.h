#ifndef FORKLAB_MODE_COST_H
#define FORKLAB_MODE_COST_H

/* Measures what the plan asks for. Main thread; the process is of no use afterwards. */
void mode_cost(void);

#endif
