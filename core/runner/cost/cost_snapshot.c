/*
 * The snapshot server: records in the heap are replaced at a fixed rate, while a forked child
 * writes all of them to a file as they were at the fork; afterwards every byte of the file is
 * checked. The latency of a request counts from its due time, so it includes waiting for fork() to
 * return.
 */
#include "cost_servers.h"

#include "../common/runner.h"
#include "../common/shm_futex.h"
#include "cost_child.h"
#include "cost_children.h"
#include "cost_clock.h"
#include "cost_heap.h"
#include "cost_histogram.h"
#include "cost_memory.h"
#include "cost_shm_attach.h"
#include "cost_threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Nanoseconds: time between requests; time without a snapshot; limits for a snapshot. */
enum { PERIOD_NS = 50 * 1000, CALM_NS = 60 * 1000 * 1000 };
static const uint64_t timeout_ns = UINT64_C(10) * 1000 * 1000 * 1000, timeout_ns_per_byte = 30;

struct record_header {
	uint64_t number;
	uint32_t size, version;
};

/*
 * The list at the fork. Private memory: the child inherits it, and the parent, whose requests
 * change another list, does not write to it any more.
 */
static struct cost_record *records_at_fork;
static uint64_t records, room;
static int file = -1;

/* ---- The child ---- */

static void child_write(const void *from, size_t size)
{
	const char *at = from;
	while (size > 0) {
		ssize_t wrote = write(file, at, size);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			cost_shm->snapshot.write_error = wrote < 0 ? (uint32_t)errno : ENOSPC;
			_exit(RUNNER_OK);
		}
		at += wrote;
		size -= (size_t)wrote;
	}
}

/* Each record is serialised in a block of its own; the buffer is written when it is full. */
static void child_write_records(char *buffer, size_t size)
{
	size_t used = 0;
	for (uint64_t i = 0; i < records; i++) {
		const struct cost_record *record = &records_at_fork[i];
		if (record->size == 0)
			continue;
		struct record_header header = {i, record->size, record->version};
		char *made = malloc(sizeof(header) + record->size);
		if (!made)
			_exit(RUNNER_FAILED_CHECK);
		memcpy(made, &header, sizeof(header));
		memcpy(made + sizeof(header), record->at, record->size);
		if (used + sizeof(header) + record->size > size) {
			child_write(buffer, used);
			used = 0;
		}
		memcpy(buffer + used, made, sizeof(header) + record->size);
		used += sizeof(header) + record->size;
		free(made);
	}
	child_write(buffer, used);
}

static void child_snapshot(struct cost_child *me)
{
	enum { BUFFER = 256 * 1024 };
	child_begin_measuring(me, cost_clock());
	char *buffer = malloc(BUFFER);
	if (!buffer)
		_exit(RUNNER_FAILED_CHECK);
	child_write_records(buffer, BUFFER);
	free(buffer);
	child_stop(me, COST_STAGE_ALL_CALLS);
	atomic_store(&me->done, 1);
	_exit(RUNNER_OK);
}

/* ---- Requests ---- */

struct load {
	uint64_t state, due_ns;
};

/* Serves the requests that are due, then waits for the next one. */
static void serve(struct load *load, struct cost_histogram *histogram)
{
	while (load->due_ns <= cost_clock()) {
		cost_heap_change(&load->state);
		cost_histogram_record(histogram, cost_clock() - load->due_ns);
		load->due_ns += PERIOD_NS;
	}
	while (cost_clock() < load->due_ns)
		;
}

static void serve_for(struct load *load, uint64_t ns)
{
	uint64_t end = cost_clock() + ns;
	while (cost_clock() < end)
		serve(load, &cost_shm->snapshot.calm);
}

/* Until the child has written all, has exited, or times out. */
static void serve_until_written(struct load *load, struct cost_child *child, pid_t pid)
{
	struct cost_snapshot *snapshot = &cost_shm->snapshot;
	uint64_t give_up =
		cost_clock() + timeout_ns + timeout_ns_per_byte * cost_shm->plan.heap_bytes;
	/* Requests that waited for fork(), even if the child has written all by now. */
	serve(load, &snapshot->during);
	while (atomic_load(&child->stage) < COST_STAGE_ALL_CALLS && cost_clock() < give_up) {
		for (int i = 0; i < 20 && atomic_load(&child->stage) < COST_STAGE_ALL_CALLS; i++)
			serve(load, &snapshot->during);
		if (cost_child_has_exited(pid))
			break;
	}
	snapshot->requests = snapshot->during.count;
}

/* ---- The file ---- */

/* In $TMPDIR; the file has no name, so nothing is left behind. */
static bool open_file(void)
{
	const char *directory = getenv("TMPDIR");
	file = open(
		directory && *directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file < 0)
		cost_shm->snapshot.write_error = (uint32_t)errno;
	return file >= 0;
}

static bool read_exactly(char *to, size_t size, off_t at)
{
	while (size > 0) {
		ssize_t got = pread(file, to, size, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to += got;
		at += got;
		size -= (size_t)got;
	}
	return true;
}

/* Checks every byte of every record, in order, and that nothing follows. */
static void verify(struct cost_snapshot *snapshot)
{
	off_t at = 0;
	char *text = cost_shm->scratch;
	for (uint64_t i = 0; i < records; i++) {
		const struct cost_record *record = &records_at_fork[i];
		const struct record_header wanted = {i, record->size, record->version};
		size_t size = sizeof(wanted) + record->size;
		if (record->size == 0)
			continue;
		if (!read_exactly(text, size, at) || memcmp(text, &wanted, sizeof(wanted)) != 0 ||
			!cost_record_holds(
				text + sizeof(wanted), i, record->size, record->version)) {
			snapshot->wrong = i + 1;
			return;
		}
		at += (off_t)size;
		snapshot->records++;
	}
	snapshot->file_bytes = (uint64_t)at;
	if (lseek(file, 0, SEEK_END) != at)
		snapshot->wrong = records + 1;
}

/* ---- All of it ---- */

static void prepare(void)
{
	records = cost_heap_list(NULL, 0);
	room = records * sizeof(*records_at_fork);
	records_at_fork =
		mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (records_at_fork == MAP_FAILED)
		lab_broken("the list of records cannot be made", errno);
	cost_heap_fill();
}

static void take_snapshot(struct load *load)
{
	struct cost_snapshot *snapshot = &cost_shm->snapshot;
	struct cost_child *child = &cost_shm->child[0];
	cost_heap_list(records_at_fork, records);
	cost_memory_read(runner.pid, &snapshot->before);
	uint64_t begin = load->due_ns = cost_clock();
	pid_t pid = cost_child_fork(child, COST_STAGE_ALL_CALLS, child_snapshot);
	snapshot->fork_ns = cost_clock() - begin;
	serve_until_written(load, child, pid);
	snapshot->took_ns = cost_clock() - begin;
	if (atomic_load(&child->stage) == COST_STAGE_ALL_CALLS) {
		cost_memory_read(runner.pid, &snapshot->parent);
		cost_memory_read(pid, &snapshot->child);
	}
	shm_futex_store(&child->go, COST_STAGES);
	if (cost_child_reap(pid) && atomic_load(&child->done)) {
		verify(snapshot);
		atomic_store(&snapshot->done, 1);
	}
}

void cost_snapshot_serve(void)
{
	struct load load = {.state = runner.shm->plan.seed + 3};
	if (!open_file())
		return;
	prepare();
	cost_interval_set(COST_INTERVAL_IGNORED);
	if (runner.shm->plan.workers)
		cost_threads_set_phase(COST_PHASE_TIMED);
	load.due_ns = cost_clock();
	serve_for(&load, CALM_NS);
	take_snapshot(&load);
	cost_threads_set_phase(COST_PHASE_IDLE);
	close(file);
	munmap(records_at_fork, room);
}
