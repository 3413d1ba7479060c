#pragma once

/* Main thread, with the background threads idle. */

/* Chooses what children will allocate, and which inherited blocks they will free. */
void cost_child_plan(void);

/* The children whose allocations are timed. */
void cost_measure_times(void);

/* Which process copies how many pages. */
void cost_measure_cow(void);

/* The memory use of many children. */
void cost_measure_memory(void);

/* Which process reuses the blocks in the threads' caches: before the threads exit, and after. */
void cost_measure_caches(void);
