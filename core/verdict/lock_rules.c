#include "lock_rules.h"

#include <stddef.h>
#include <string.h>

/* ---- Names ---- */

/* libc's own names for a function differ in their prefix: ___pthread_mutex_lock, __GI_exit. */
static const char *plain_name(const char *name)
{
	static const char internal[] = "GI_";
	const char *plain = name + strspn(name, "_");
	if (strncmp(plain, internal, sizeof(internal) - 1) == 0)
		plain += sizeof(internal) - 1;
	return plain + strspn(plain, "_");
}

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	const char *plain = plain_name(name);
	for (size_t i = 0; i < count; i++)
		if (strcmp(plain, names[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(name, names) is_one_of(name, names, sizeof(names) / sizeof((names)[0]))

/* Functions that wait for their caller, and what for. A longer name may follow these. */
static const struct primitive {
	const char *prefix;
	enum wait_object object;
} primitives[] = {
	{"pthread_mutex", WAIT_OBJECT_LOCK},
	{"pthread_spin_lock", WAIT_OBJECT_LOCK},
	{"pthread_rwlock", WAIT_OBJECT_RWLOCK},
	{"pthread_cond", WAIT_OBJECT_CONDITION},
	{"pthread_barrier", WAIT_OBJECT_BARRIER},
	{"pthread_join", WAIT_OBJECT_THREAD},
	{"pthread_timedjoin", WAIT_OBJECT_THREAD},
	{"pthread_clockjoin", WAIT_OBJECT_THREAD},
	{"pthread_once", WAIT_OBJECT_ONCE},
	{"call_once", WAIT_OBJECT_ONCE},
	{"mtx_", WAIT_OBJECT_LOCK},
	{"cnd_", WAIT_OBJECT_CONDITION},
	{"thrd_join", WAIT_OBJECT_THREAD},
	{"thrd_sleep", WAIT_OBJECT_UNKNOWN},
	{"sem_", WAIT_OBJECT_SEMAPHORE},
	{"new_sem_", WAIT_OBJECT_SEMAPHORE},
	{"lll_", WAIT_OBJECT_LOCK},
	{"futex", WAIT_OBJECT_UNKNOWN},
	{"do_futex", WAIT_OBJECT_UNKNOWN},
	{"syscall", WAIT_OBJECT_UNKNOWN},
	{"timedwait", WAIT_OBJECT_UNKNOWN},
	{"nanosleep", WAIT_OBJECT_UNKNOWN},
	{"clock_nanosleep", WAIT_OBJECT_UNKNOWN},
	{"sched_yield", WAIT_OBJECT_UNKNOWN},
	{"usleep", WAIT_OBJECT_UNKNOWN},
};

/* Of these the whole name must be the same; first musl's. */
static const char *const exact_primitives[] = {"lock", "wait", "vm_wait", "tl_lock",
	/* System calls that wait. */
	"accept", "accept4", "epoll_pwait", "epoll_wait", "flock", "lockf", "msgrcv", "pause",
	"poll", "ppoll", "pread", "pread64", "pselect", "read", "readv", "recv", "recvfrom",
	"recvmsg", "select", "semop", "send", "sigsuspend", "sigtimedwait", "sigwait",
	"sigwaitinfo", "sleep", "wait3", "wait4", "waitid", "waitpid", "write", "writev"};

static const struct primitive *find_primitive(const char *function)
{
	const char *plain = plain_name(function);
	for (size_t i = 0; i < sizeof(primitives) / sizeof(primitives[0]); i++)
		if (strncmp(plain, primitives[i].prefix, strlen(primitives[i].prefix)) == 0)
			return &primitives[i];
	return NULL;
}

static bool is_of_malloc(const char *function)
{
	static const char *const names[] = {"malloc", "free", "cfree", "calloc", "realloc",
		"reallocarray", "memalign", "aligned_alloc", "posix_memalign", "valloc", "pvalloc",
		"malloc_usable_size", "malloc_trim", "mallopt", "mallinfo", "mallinfo2",
		"malloc_stats", "malloc_info", "malloc_consolidate", "int_malloc", "int_free",
		"int_free_merge_chunk", "int_realloc", "int_memalign", "sysmalloc", "systrim",
		"arena_get2", "arena_get_retry", "tcache_init", "tcache_thread_shutdown",
		"malloc_arena_thread_freeres", "malloc_fork_lock_parent",
		"malloc_fork_unlock_parent", "malloc_fork_unlock_child", "malloc_atfork",
		"libc_malloc", "libc_malloc_impl", "libc_calloc", "libc_realloc", "libc_memalign",
		"libc_free", "malloc_allzerop", "malloc_alloc_meta", "nontrivial_free",
		"alloc_slot", "alloc_group"};
	return IS_ONE_OF(function, names);
}

bool lock_is_malloc_variable(const char *variable)
{
	static const char *const names[] = {
		"main_arena", "mp_", "free_list_lock", "malloc_lock", "malloc_context"};
	return IS_ONE_OF(variable, names);
}

/* In a static program only a name tells libc's functions: those that take libc's locks. */
static bool is_of_libc(const char *function)
{
	static const char *const names[] = {"abort", "at_quick_exit", "atexit", "clearenv",
		"cxa_atexit", "cxa_finalize", "dl_iterate_phdr", "dladdr", "dlclose", "dlerror",
		"dlopen", "dlsym", "do_tzset", "endpwent", "exit", "fclose", "fflush", "fgetc",
		"fgets", "flockfile", "fopen", "fork", "fprintf", "fputc", "fputs", "fread",
		"fseek", "ftell", "funcs_on_exit", "funlockfile", "fwrite", "getaddrinfo", "getc",
		"getenv", "gethostbyname", "getpwnam", "gmtime", "libc_exit_fini", "libc_fork",
		"localtime", "localtime_r", "lockfile", "mktime", "newlocale", "ofl_lock",
		"on_exit", "openlog", "overflow", "printf", "pthread_atfork", "pthread_create",
		"pthread_exit", "putc", "putchar", "putenv", "puts", "quick_exit", "rand", "random",
		"register_atfork", "run_exit_handlers", "secs_to_zone", "setenv", "setlocale",
		"setvbuf", "sigaction", "srandom", "stdio_exit", "strftime", "strftime_l", "syslog",
		"tz_convert", "tzset", "uflow", "unsetenv", "vfprintf", "vprintf", "vsyslog"};
	return strncmp(plain_name(function), "IO_", 3) == 0 || IS_ONE_OF(function, names);
}

static bool is_primitive(const char *function)
{
	return find_primitive(function) || IS_ONE_OF(function, exact_primitives);
}

/* libc and loader: a symbol table without the local functions leaves many of them nameless. */
static enum frame_kind kind_in_libc(const struct link_facts *link, const char *function)
{
	if (!function || !*function)
		return FRAME_NAMELESS;
	if (is_primitive(function))
		return FRAME_PRIMITIVE;
	return link->allocator_in_libc && is_of_malloc(function) ? FRAME_ALLOCATOR : FRAME_LIBC;
}

static enum frame_kind kind_in_program(const struct link_facts *link, const char *function)
{
	if (!function || !*function)
		return FRAME_PROGRAM;
	if (link->allocator_in_program && is_of_malloc(function))
		return FRAME_ALLOCATOR;
	if (link->libc_in_program && is_primitive(function))
		return FRAME_PRIMITIVE;
	return link->libc_in_program && is_of_libc(function) ? FRAME_LIBC : FRAME_PROGRAM;
}

enum frame_kind lock_frame_kind(
	const struct link_facts *link, enum module_kind module, const char *function)
{
	switch (module) {
	case MODULE_ALLOCATOR:
		return FRAME_ALLOCATOR;
	case MODULE_LIBC:
		return kind_in_libc(link, function);
	case MODULE_LOADER:
		return function && *function ? FRAME_LOADER : FRAME_NAMELESS;
	case MODULE_PROGRAM:
		return kind_in_program(link, function);
	default:
		return FRAME_LIBRARY;
	}
}

enum wait_object lock_wait_object(const char *function)
{
	static const char *const streams[] = {"fclose", "fflush", "fgetc", "fgets", "flockfile",
		"fprintf", "fputc", "fputs", "fread", "fseek", "ftell", "fwrite", "getc", "getchar",
		"getdelim", "getline", "lockfile", "printf", "putc", "putchar", "puts", "setvbuf",
		"ungetc", "vfprintf", "vfprintf_internal", "vprintf"};
	const struct primitive *primitive = find_primitive(function);
	if (primitive)
		return primitive->object;
	if (IS_ONE_OF(function, streams) || strncmp(plain_name(function), "IO_", 3) == 0)
		return WAIT_OBJECT_FILE;
	return WAIT_OBJECT_UNKNOWN;
}

/* ---- The decision ---- */

static const enum lock_origin origin_of_module[] = {
	[MODULE_NONE] = LOCK_ORIGIN_UNKNOWN,
	[MODULE_ALLOCATOR] = LOCK_ORIGIN_ALLOCATOR,
	[MODULE_LIBC] = LOCK_ORIGIN_LIBC,
	[MODULE_LOADER] = LOCK_ORIGIN_LOADER,
	[MODULE_PROGRAM] = LOCK_ORIGIN_UNKNOWN,
	[MODULE_LIBRARY] = LOCK_ORIGIN_LIBRARY,
};

static const enum lock_origin origin_of_frame[] = {
	[FRAME_NAMELESS] = LOCK_ORIGIN_UNKNOWN,
	[FRAME_PRIMITIVE] = LOCK_ORIGIN_UNKNOWN,
	[FRAME_ALLOCATOR] = LOCK_ORIGIN_ALLOCATOR,
	[FRAME_LIBC] = LOCK_ORIGIN_LIBC,
	[FRAME_LOADER] = LOCK_ORIGIN_LOADER,
	[FRAME_LIBRARY] = LOCK_ORIGIN_LIBRARY,
	[FRAME_PROGRAM] = LOCK_ORIGIN_APPLICATION,
};

static bool is_in_libc(enum module_kind module)
{
	return module == MODULE_LIBC || module == MODULE_LOADER;
}

static int find_taker(const struct lock_facts *facts)
{
	for (unsigned i = 0; i < facts->frames; i++)
		if (facts->frame[i] != FRAME_PRIMITIVE && facts->frame[i] != FRAME_NAMELESS)
			return (int)i;
	return -1;
}

/*
 * A frame of the allocator between the lock and the program's code: the allocator called what takes
 * the lock. Where allocator and program are one file, the frames in between do not end the search.
 */
static bool is_called_by_allocator(const struct lock_facts *facts, int from)
{
	for (unsigned i = (unsigned)from; i < facts->frames; i++) {
		if (facts->frame[i] == FRAME_ALLOCATOR)
			return true;
		if (facts->frame[i] == FRAME_PROGRAM && !facts->link.allocator_in_program)
			return false;
	}
	return facts->link.allocator_in_program && facts->in_call;
}

/* Nothing is known of the functions: only the lock's place and what the thread says. */
static enum lock_origin origin_by_location(const struct lock_facts *facts)
{
	const struct link_facts *link = &facts->link;
	bool own = (facts->location == MODULE_LIBC && link->allocator_in_libc) ||
		   (facts->location == MODULE_PROGRAM && link->allocator_in_program);
	if (own && facts->in_call)
		return LOCK_ORIGIN_ALLOCATOR;
	return origin_of_module[facts->location];
}

static enum lock_origin origin_by_frames(const struct lock_facts *facts, int taker)
{
	enum frame_kind kind = facts->frame[taker];
	bool nameless = false;
	for (int i = 0; i < taker; i++)
		nameless = facts->frame[i] == FRAME_NAMELESS ||
			   (nameless && facts->frame[i] != FRAME_PRIMITIVE);
	/* A nameless function of libc was called, and libc's data has the lock. */
	if (nameless && is_in_libc(facts->location) && kind != FRAME_ALLOCATOR)
		return origin_of_module[facts->location];
	if (kind == FRAME_PROGRAM && facts->link.allocator_in_program)
		return facts->in_call ? LOCK_ORIGIN_ALLOCATOR : LOCK_ORIGIN_UNKNOWN;
	/* The engine waits for other threads, and why they do not come is not known. */
	if (kind == FRAME_PROGRAM && (facts->in_parent || facts->object == WAIT_OBJECT_THREAD))
		return LOCK_ORIGIN_UNKNOWN;
	return origin_of_frame[kind];
}

struct lock_decision lock_decide(const struct lock_facts *facts)
{
	struct lock_decision decision = {.taker = find_taker(facts)};
	if (facts->published) {
		decision.origin = facts->published_of_allocator ? LOCK_ORIGIN_ALLOCATOR
								: LOCK_ORIGIN_APPLICATION;
		return decision;
	}
	if (facts->malloc_variable || facts->location == MODULE_ALLOCATOR)
		decision.origin = LOCK_ORIGIN_ALLOCATOR;
	else if (decision.taker < 0)
		decision.origin = origin_by_location(facts);
	else
		decision.origin = origin_by_frames(facts, decision.taker);
	if (!lock_origin_is_foreign(decision.origin))
		return decision;
	bool called =
		decision.taker < 0 ? facts->in_call : is_called_by_allocator(facts, decision.taker);
	/* What libc's malloc calls in libc counts as part of it. */
	if (called && facts->link.allocator_in_libc && decision.origin == LOCK_ORIGIN_LIBC)
		decision.origin = LOCK_ORIGIN_ALLOCATOR;
	else
		decision.by_allocator = called;
	return decision;
}
