#include "sweep_store.h"

#include "cell_record.h"
#include "result.h"
#include "sweep_key.h"

#include <stdlib.h>

/* A record: the contents of the files in the order of sweep.file[], then the cell. */
enum { HASHES = MAPPED_FILES_MAX * CONTENT_HASH_SIZE };

static bool hash_files(const struct cell *cell, unsigned char hashes[HASHES])
{
	const struct sweep *sweep = &cell->sweep;
	memset(hashes, 0, HASHES);
	for (int i = 0; i < sweep->files; i++) {
		struct content_hash hash;
		if (content_hash_file(sweep->file[i], &hash) != 0)
			return false;
		memcpy(hashes + (size_t)i * CONTENT_HASH_SIZE, hash.byte, CONTENT_HASH_SIZE);
	}
	return true;
}

/* ---- Which sweeps are reusable ---- */

static bool is_reusable(const struct cell_plan *plan)
{
	return plan->mode == MODE_SWEEP && !plan->point && !plan->points && !plan->hooks &&
	       !plan->no_forks && !plan->unswept && !plan->scenario_failure;
}

/* The counts of a lock in shared memory vary; what is broken or unknown may be of the moment. */
static bool is_final(const struct cell *cell)
{
	return result_cell_judged(cell) && cell->sweep.complete && !cell->cut &&
	       !cell->sweep.shared_lock && !cell->count[VERDICT_BROKEN] &&
	       !cell->count[VERDICT_UNKNOWN] && cell->sweep.files > 0 &&
	       cell->sweep.files <= MAPPED_FILES_MAX;
}

/* ---- Finding and keeping ---- */

static bool read_record(struct cell *cell, const unsigned char *bytes, size_t size)
{
	struct cell read = {0};
	unsigned char now[HASHES];
	if (size < HASHES || cell_record_read(&read, bytes + HASHES, size - HASHES) != 0)
		return false;
	bool holds = is_final(&read) && hash_files(&read, now) && memcmp(now, bytes, HASHES) == 0;
	if (!holds) {
		free(read.sweep.window);
		return false;
	}
	*cell = read;
	return true;
}

bool sweep_store_find(struct result_store *store, const struct cell_plan *plan, struct cell *cell)
{
	struct content_hash key;
	size_t size;
	int64_t taken;
	if (!store || !is_reusable(plan) || sweep_key(plan, &key) != 0)
		return false;
	unsigned char *bytes = store_get(store, &key, &size, &taken);
	bool found = bytes && read_record(cell, bytes, size);
	if (found)
		cell->reused = taken;
	free(bytes);
	return found;
}

static unsigned char *make_record(const struct cell *cell, size_t *size)
{
	size_t length;
	void *of_cell = cell_record_make(cell, &length);
	unsigned char *bytes = of_cell ? malloc(HASHES + length) : NULL;
	if (bytes && hash_files(cell, bytes)) {
		memcpy(bytes + HASHES, of_cell, length);
		*size = HASHES + length;
	} else {
		free(bytes);
		bytes = NULL;
	}
	free(of_cell);
	return bytes;
}

void sweep_store_keep(
	struct result_store *store, const struct cell_plan *plan, const struct cell *cell)
{
	struct content_hash key;
	size_t size;
	if (!store || cell->reused || !is_reusable(plan) || !is_final(cell) ||
		sweep_key(plan, &key) != 0)
		return;
	unsigned char *bytes = make_record(cell, &size);
	if (bytes)
		store_put(store, &key, bytes, size);
	free(bytes);
}
