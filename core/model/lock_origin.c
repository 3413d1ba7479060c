#include "lock_origin.h"

bool lock_origin_is_foreign(enum lock_origin origin)
{
	return origin != LOCK_ORIGIN_UNKNOWN && origin != LOCK_ORIGIN_ALLOCATOR;
}

const char *lock_origin_name(enum lock_origin origin)
{
	static const char *const names[LOCK_ORIGINS] = {
		[LOCK_ORIGIN_UNKNOWN] = "unknown",
		[LOCK_ORIGIN_ALLOCATOR] = "allocator",
		[LOCK_ORIGIN_LIBC] = "libc",
		[LOCK_ORIGIN_LOADER] = "loader",
		[LOCK_ORIGIN_LIBRARY] = "library",
		[LOCK_ORIGIN_APPLICATION] = "application",
	};
	return (unsigned)origin < LOCK_ORIGINS ? names[origin] : names[LOCK_ORIGIN_UNKNOWN];
}

const char *wait_object_name(enum wait_object object)
{
	static const char *const names[WAIT_OBJECTS] = {
		[WAIT_OBJECT_UNKNOWN] = "unknown",
		[WAIT_OBJECT_LOCK] = "lock",
		[WAIT_OBJECT_RWLOCK] = "rwlock",
		[WAIT_OBJECT_FILE] = "file",
		[WAIT_OBJECT_CONDITION] = "condition",
		[WAIT_OBJECT_SEMAPHORE] = "semaphore",
		[WAIT_OBJECT_BARRIER] = "barrier",
		[WAIT_OBJECT_THREAD] = "thread",
		[WAIT_OBJECT_ONCE] = "once",
	};
	return (unsigned)object < WAIT_OBJECTS ? names[object] : names[WAIT_OBJECT_UNKNOWN];
}
