#pragma once

#include "cost_shm.h"

#include <stdint.h>

/* Adds a time to a histogram. */
void cost_histogram_record(struct cost_histogram *histogram, uint64_t ns);
