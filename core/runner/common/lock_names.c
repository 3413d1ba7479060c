/*
 * Names of locks. An allocator's constructor may publish its locks before main() attaches the shm,
 * so they are kept here until then.
 */
#include "lock_names.h"

#include "runner.h"

#include <string.h>

static struct named_lock lock_names[SHM_LOCKS_MAX];
static uint32_t count;

static void put(const struct named_lock *lock, uint32_t index)
{
	runner.shm->lock[index] = *lock;
	atomic_store_explicit(&runner.shm->locks, index + 1, memory_order_release);
}

static void add(
	const char *name, const void *lock, uint32_t size, int32_t owner_offset, bool of_allocator)
{
	if (count == SHM_LOCKS_MAX)
		return;
	struct named_lock *entry = &lock_names[count];
	strncpy(entry->name, name, sizeof(entry->name) - 1);
	entry->address = (uintptr_t)lock;
	entry->size = size;
	entry->owner_offset = owner_offset;
	entry->of_allocator = of_allocator;
	if (runner.shm)
		put(entry, count);
	count++;
}

void lab_publish_lock(const char *name, const void *lock, uint32_t size, int32_t owner_offset)
{
	add(name, lock, size, owner_offset, true);
}

void lab_name_lock(const char *name, const void *lock, uint32_t size, int32_t owner_offset)
{
	add(name, lock, size, owner_offset, false);
}

void lock_names_flush(void)
{
	for (uint32_t i = 0; i < count; i++)
		put(&lock_names[i], i);
}
