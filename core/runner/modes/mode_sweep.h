#ifndef FORKLAB_MODE_SWEEP_H
#define FORKLAB_MODE_SWEEP_H

/* Starts the worker that will be stepped; it waits for forklab. */
void sweep_prepare(void);

/* Serves forklab's requests until the sweep is over. */
void mode_sweep(void);

/* Runs the whole sequence without stepping. */
void sweep_run_baseline(void);

#endif
