/* One runner that measures one place of the grid, once. */
#ifndef FORKLAB_COST_MEASURE_H
#define FORKLAB_COST_MEASURE_H

#include "cost_grid.h"
#include "cost_model.h"

struct cost_measure_params {
	uint64_t seed;
	uint32_t round;
	enum effort effort;
	enum cost_server server;
	uint32_t port; /* that it listens on; 0: the kernel chooses */
};

/*
 * Starts the runner, waits for its end, and copies what it has written to *sheet. Its version and
 * link go to the cell, and so does, if it did not come to its end, the reason. 0; -EINTR: an
 * interrupt came; other -errno: this round of the cell has failed.
 */
int cost_measure(const struct cost_config *config, const struct cost_measure_params *params,
	struct cost_shm *shm, struct cost_cell *cell);

#endif
