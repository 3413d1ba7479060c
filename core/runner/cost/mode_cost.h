#pragma once

/* Measures what the plan asks for. Main thread; the process is of no use afterwards. */
void mode_cost(void);
