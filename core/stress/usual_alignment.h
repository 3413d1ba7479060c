/* How an allocator aligns its blocks in a process that never forks. */
#pragma once

#include "cell_plan.h"

/*
 * What the allocator of the plan does: ALIGNMENT_KINDS entries. Asked once for each runner, in a
 * process of its own that ends before this returns: call it while no other session is open. All
 * zero if that process failed. The result stays valid.
 */
const struct alignment *usual_alignment(const struct cell_plan *plan);
