#ifndef FORKLAB_COST_HISTOGRAM_H
#define FORKLAB_COST_HISTOGRAM_H

#include "cost_shm.h"

#include <stdint.h>

/* Adds a time to a histogram. */
void cost_histogram_record(struct cost_histogram *histogram, uint64_t ns);

#endif
