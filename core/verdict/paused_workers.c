#include "paused_workers.h"

struct paused_workers paused_workers_read(const struct suspect *suspect)
{
	struct paused_workers paused = {0};
	uint32_t request = suspect->parent ? atomic_load(&suspect->shm->pause_request) : 0;
	for (int i = 0; request && i < SHM_WORKERS_MAX; i++)
		if (atomic_load(&suspect->shm->paused[i]) == request)
			paused.tid[paused.count++] = atomic_load(&suspect->shm->worker_tid[i]);
	if (suspect->idle_tid > 0)
		paused.tid[paused.count++] = suspect->idle_tid;
	return paused;
}

bool paused_workers_have(const struct paused_workers *paused, pid_t tid)
{
	for (unsigned i = 0; i < paused->count; i++)
		if (paused->tid[i] == tid)
			return true;
	return false;
}
