#pragma once

/* Each runs a server, and its clients if it has any, while the background threads work. Main
 * thread. */
void cost_pool_serve(void);
void cost_prefork_serve(void);
void cost_snapshot_serve(void);
