/* One runner that measures one grid point, once. */
#pragma once

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
 * Starts the runner, waits for it to exit, and copies its figures to *shm. Its version and link go
 * to the cell; on failure the reason as well. 0; -EINTR: an interrupt came; other -errno: this
 * round of the cell has failed.
 */
int cost_measure(const struct cost_config *config, const struct cost_measure_params *params,
	struct cost_shm *shm, struct cost_cell *cell);
