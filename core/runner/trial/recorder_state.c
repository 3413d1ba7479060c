#include "recorder_state.h"

#include "../common/recorder.h"
#include "allocator.h"
#include "block.h"
#include "child.h"
#include "event_log.h"
#include "scenario.h"
#include "task.h"
#include "worker_pause.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Descriptors ---- */

/* getdents64(2). opendir() would allocate. */
struct linux_dirent64 {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* -1: not a number ("." and ".."). */
static int number_of(const char *name)
{
	int number = 0;
	for (const char *at = name; *at; at++) {
		if (*at < '0' || *at > '9')
			return -1;
		number = number * 10 + (*at - '0');
	}
	return number;
}

static void add_file(struct fd_table *files, int directory, const char *name)
{
	int fd = number_of(name);
	if (fd < 0 || fd == directory)
		return;
	if (files->count < EVENT_FDS_MAX) {
		struct fd_entry *file = &files->file[files->count];
		file->fd = fd;
		ssize_t length = readlinkat(directory, name, file->link, EVENT_LINK_MAX - 1);
		file->link[length > 0 ? length : 0] = '\0';
	}
	files->count++;
}

static void add_all(struct fd_table *files, int directory)
{
	_Alignas(struct linux_dirent64) char buffer[2048];
	long got;
	while ((got = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < got;) {
			const struct linux_dirent64 *entry = (const void *)(buffer + at);
			add_file(files, directory, entry->name);
			at += entry->length;
		}
}

void recorder_fd_table(enum event_moment moment)
{
	struct event_log *event_log = recorder_log();
	if (!event_log)
		return;
	struct fd_table *files = &event_log->files[moment];
	int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	files->pid = (int32_t)syscall(SYS_getpid);
	files->count = 0;
	add_all(files, directory);
	close(directory);
	atomic_store(&files->valid, 1);
}

/* ---- The heap ---- */

static void read_allocator_state(struct heap_state *to)
{
	struct allocator_heap_state heap = {0};
	if (!allocator.heap)
		return;
	allocator.heap(&heap);
	to->has_sizes = heap.has_sizes;
	to->checked = heap.checked;
	to->sound = heap.sound;
	to->used_bytes = heap.used_bytes;
	to->mapped_bytes = heap.mapped_bytes;
	strncpy(to->text, heap.text, sizeof(to->text) - 1);
}

static void count_blocks(struct heap_state *to, const struct task *task)
{
	for (int i = 0; i < TASK_BLOCKS; i++) {
		const struct block *block = &task->block[i];
		if (!atomic_load_explicit(&block->live, memory_order_acquire))
			continue;
		to->blocks++;
		to->block_bytes += block->size;
		to->damaged += !block_is_intact(block);
	}
}

/* An interrupted call may have left its task's blocks half changed. */
static bool is_paused(const struct task *task, bool in_child, uint32_t workers_running)
{
	return in_child ? task != child_interrupted() : task == task_main() || !workers_running;
}

void recorder_heap(enum event_moment moment)
{
	struct event_log *event_log = recorder_log();
	if (!event_log)
		return;
	struct heap_state *to = &event_log->heap[moment];
	bool in_child = moment == EVENT_CHILD_BEFORE || moment == EVENT_CHILD_AFTER;
	unsigned count;
	const struct task *others = lab_parent_tasks(&count);
	to->pid = (int32_t)syscall(SYS_getpid);
	to->workers_running = in_child ? 0 : worker_pause_wait();
	for (unsigned i = 0; i < count; i++)
		if (is_paused(&others[i], in_child, to->workers_running))
			count_blocks(to, &others[i]);
	read_allocator_state(to);
	atomic_store(&to->valid, 1);
}
