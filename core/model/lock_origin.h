/*
 * Whose lock a stuck process waits for, and what kind of object it is. A hang on a lock of libc, of
 * the loader, of another library or of the application is not held against the allocator, unless
 * the allocator itself called what takes that lock. Pure.
 */
#pragma once

#include <stdbool.h>

enum lock_origin {
	LOCK_ORIGIN_UNKNOWN,
	LOCK_ORIGIN_ALLOCATOR,
	LOCK_ORIGIN_LIBC, /* and not its malloc's */
	LOCK_ORIGIN_LOADER,
	LOCK_ORIGIN_LIBRARY, /* another shared object */
	LOCK_ORIGIN_APPLICATION,
	LOCK_ORIGINS
};

enum wait_object {
	WAIT_OBJECT_UNKNOWN,
	WAIT_OBJECT_LOCK,
	WAIT_OBJECT_RWLOCK,
	WAIT_OBJECT_FILE, /* the lock of a stdio stream */
	WAIT_OBJECT_CONDITION,
	WAIT_OBJECT_SEMAPHORE,
	WAIT_OBJECT_BARRIER,
	WAIT_OBJECT_THREAD, /* the end of a thread */
	WAIT_OBJECT_ONCE,   /* an initialisation by another thread */
	WAIT_OBJECTS
};

/* Known, and not the allocator's. */
bool lock_origin_is_foreign(enum lock_origin origin);

/* "libc", "condition", ...: identifiers for programs. */
const char *lock_origin_name(enum lock_origin origin);
const char *wait_object_name(enum wait_object object);
