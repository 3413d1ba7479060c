#include "recorder_state.h"

#include "recorder.h"
#include "runner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Descriptors ---- */

/* getdents64(2). opendir() would allocate. */
struct entry {
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

static void add_file(struct trace_files *files, int directory, const char *name)
{
	int fd = number_of(name);
	if (fd < 0 || fd == directory)
		return;
	if (files->count < TRACE_FILES) {
		struct trace_file *file = &files->file[files->count];
		file->fd = fd;
		ssize_t length = readlinkat(directory, name, file->link, TRACE_LINK_MAX - 1);
		file->link[length > 0 ? length : 0] = '\0';
	}
	files->count++;
}

static void add_all(struct trace_files *files, int directory)
{
	_Alignas(struct entry) char buffer[2048];
	long got;
	while ((got = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
		for (long at = 0; at < got;) {
			const struct entry *entry = (const void *)(buffer + at);
			add_file(files, directory, entry->name);
			at += entry->length;
		}
}

void look_at_files(enum trace_moment moment)
{
	struct trace *trace = record_trace();
	if (!trace)
		return;
	struct trace_files *files = &trace->files[moment];
	int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	files->pid = (int32_t)syscall(SYS_getpid);
	files->count = 0;
	add_all(files, directory);
	close(directory);
	atomic_store(&files->looked, 1);
}

/* ---- The heap ---- */

static void ask_allocator(struct trace_heap *to)
{
	struct allocator_heap heap = {0};
	if (!allocator.heap)
		return;
	allocator.heap(&heap);
	to->told = heap.told;
	to->checked = heap.checked;
	to->sound = heap.sound;
	to->used_bytes = heap.used_bytes;
	to->mapped_bytes = heap.mapped_bytes;
	strncpy(to->text, heap.text, sizeof to->text - 1);
}

static void look_at_blocks(struct trace_heap *to, const struct actor *actor)
{
	for (int i = 0; i < ACTOR_BLOCKS; i++) {
		const struct block *block = &actor->block[i];
		if (!atomic_load_explicit(&block->live, memory_order_acquire))
			continue;
		to->blocks++;
		to->block_bytes += block->size;
		to->damaged += !block_holds(block);
	}
}

/* A call that goes on in this child may have its actor's blocks in the middle of a change. */
static bool is_at_rest(const struct actor *actor, bool in_child, uint32_t unrested)
{
	return in_child ? actor != child_interrupted() : actor == actor_main() || !unrested;
}

void look_at_heap(enum trace_moment moment)
{
	struct trace *trace = record_trace();
	if (!trace)
		return;
	struct trace_heap *to = &trace->heap[moment];
	bool in_child = moment == TRACE_CHILD_BEFORE || moment == TRACE_CHILD_AFTER;
	unsigned count;
	const struct actor *others = lab_others(&count);
	to->pid = (int32_t)syscall(SYS_getpid);
	to->unrested = in_child ? 0 : gate_await();
	for (unsigned i = 0; i < count; i++)
		if (is_at_rest(&others[i], in_child, to->unrested))
			look_at_blocks(to, &others[i]);
	ask_allocator(to);
	atomic_store(&to->looked, 1);
}
