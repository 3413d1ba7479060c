/*
 * A small allocator with known costs, to compare measurements with. They are set by these variables
 * of the environment; the default of each is 0.
 *
 *	FORKLAB_KNOWN_PREPARE_US, _PARENT_US, _CHILD_US
 *		time that its handlers burn
 *	FORKLAB_KNOWN_ROUND_US
 *		time that prepare burns in addition, times the number of the round
 *	FORKLAB_KNOWN_HOLD_US
 *		prepare takes the lock, waits until another thread waits for it, and keeps it
 *		that long
 *	FORKLAB_KNOWN_PAGES
 *		pages that its child handler writes to
 *	FORKLAB_KNOWN_CALL_PAGES
 *		pages that the first call in a child writes to
 *	FORKLAB_KNOWN_STASH
 *		freed blocks of 256 bytes that each thread keeps for itself until it ends
 *	FORKLAB_KNOWN_HANG
 *		1: the first call in a child never returns
 *	FORKLAB_KNOWN_ANSWER
 *		what befalls an answer of a server's child: 1: a wrong byte, 2: only half of it is
 *		sent, 3: the first one of each child comes after 9 s
 *	FORKLAB_KNOWN_CLIENT_MS
 *		time between the connection and the request of a client
 */
#include "allocator.h"
#include "cost_shm.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	UNIT = 16,    /* bytes: a header */
	CLASSES = 12, /* of blocks of 32 bytes to 64 KiB, header included */
	SMALLEST = 32,
	CHUNK = 1 << 20,
	CACHED_CLASS = 4, /* the class of 256 bytes and a header */
	PAGE = 4096,
	PAGES_MAX = 256,
};

struct known_block {
	size_t size; /* of a mapping of its own, header included; 0: the block is of a class */
	union {
		size_t class;
		struct known_block *next; /* free */
	};
};
_Static_assert(sizeof(struct known_block) == UNIT, "a header is one unit");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic unsigned waiting;

/* Guarded by the mutex. */
static struct known_block *list[CLASSES];
static char *chunk, *chunk_end;

static bool child;
static char pages[PAGES_MAX][PAGE] __attribute__((aligned(PAGE)));
static char call_pages[PAGES_MAX][PAGE] __attribute__((aligned(PAGE)));

static unsigned long setting(const char *what)
{
	char name[64];
	snprintf(name, sizeof(name), "FORKLAB_KNOWN_%s", what);
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : 0;
}

/* ---- Time ---- */

static uint64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Never less than that. */
static void busy_wait(unsigned long us)
{
	uint64_t end = us ? now_us() + us + 1 : 0;
	while (end && now_us() < end)
		;
}

/* ---- Blocks ---- */

static void lock(void)
{
	atomic_fetch_add(&waiting, 1);
	pthread_mutex_lock(&mutex);
	atomic_fetch_sub(&waiting, 1);
}

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static size_t class_for(size_t size)
{
	size_t class = 0;
	while (class < CLASSES && ((size_t)SMALLEST << class) < size)
		class ++;
	return class;
}

static struct known_block *cut(size_t class)
{
	size_t size = (size_t)SMALLEST << class;
	if ((size_t)(chunk_end - chunk) < size) {
		chunk = map(CHUNK);
		chunk_end = chunk ? chunk + CHUNK : NULL;
	}
	struct known_block *block = (void *)chunk;
	if (block)
		chunk += size;
	return block;
}

static struct known_block *take(size_t class)
{
	lock();
	struct known_block *block = list[class];
	if (block)
		list[class] = block->next;
	else
		block = cut(class);
	pthread_mutex_unlock(&mutex);
	return block;
}

static void give(struct known_block *block, size_t class)
{
	lock();
	block->next = list[class];
	list[class] = block;
	pthread_mutex_unlock(&mutex);
}

/* ---- What a thread keeps for itself ---- */

struct thread_cache {
	struct known_block *first;
	unsigned long count;
};
static __thread struct thread_cache thread_cache __attribute__((tls_model("initial-exec")));
static unsigned long thread_cache_max;
static pthread_key_t at_thread_end;

static bool is_main_thread(void)
{
	return syscall(SYS_gettid) == getpid();
}

static void flush_thread_cache(void *of)
{
	struct thread_cache *mine = of;
	for (struct known_block *block = mine->first; block;) {
		struct known_block *next = block->next;
		give(block, CACHED_CLASS);
		block = next;
	}
	*mine = (struct thread_cache){0};
}

static bool thread_cache_put(struct known_block *block)
{
	if (thread_cache.count >= thread_cache_max || is_main_thread())
		return false;
	if (thread_cache.count == 0)
		pthread_setspecific(at_thread_end, &thread_cache);
	block->next = thread_cache.first;
	thread_cache.first = block;
	thread_cache.count++;
	return true;
}

static struct known_block *thread_cache_get(void)
{
	struct known_block *block = thread_cache.first;
	if (!block)
		return NULL;
	thread_cache.first = block->next;
	thread_cache.count--;
	return block;
}

/* ---- The child's first call ---- */

static unsigned long call_page_count, hangs;
static int cost_shm_fd = -1;

/* The prefork server is at work. */
static bool is_serving(void)
{
	uint32_t go = 0;
	off_t at = (off_t)(COST_SHM_OFFSET + offsetof(struct cost_shm, service.go));
	return pread(cost_shm_fd, &go, sizeof(go), at) == sizeof(go) && go;
}

static void in_child_first(void)
{
	if (!child)
		return;
	child = false;
	for (unsigned long i = 0; i < call_page_count; i++)
		call_pages[i][0]++;
	if (hangs == 0 || (hangs > 1 && !is_serving()))
		return;
	if (hangs == 3)
		_exit(0);
	for (;;)
		pause();
}

/* ---- A heap that is damaged, a disk that is full ---- */

static bool corrupts, full;
static unsigned char *newest;

static void note_newest(void *block)
{
	if (corrupts && is_main_thread())
		newest = block;
}

static unsigned long client_ms, answer;

/* A request is the one write of 8 bytes to a socket. */
static bool is_request(int fd, size_t n)
{
	struct stat status;
	return client_ms && n == sizeof(uint64_t) && fstat(fd, &status) == 0 &&
	       S_ISSOCK(status.st_mode);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (full && n > PAGE) {
		errno = ENOSPC;
		return -1;
	}
	if (is_request(fd, n))
		usleep((useconds_t)client_ms * 1000);
	return syscall(SYS_write, fd, buf, n);
}

/* Only the servers' children send. */
ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	enum { NONE, WRONG, HALF, LATE };
	char copy[COST_RESPONSE];
	if (answer == NONE || n > sizeof(copy))
		return syscall(SYS_sendto, fd, buf, n, flags, NULL, 0);
	memcpy(copy, buf, n);
	if (answer == WRONG)
		copy[n - 1] ^= 1;
	if (answer == LATE)
		sleep(COST_LATE_S + 1);
	bool half = answer == HALF;
	if (answer == LATE)
		answer = NONE;
	ssize_t sent = syscall(SYS_sendto, fd, copy, half ? n / 2 : n, flags, NULL, 0);
	if (half)
		_exit(0);
	return sent;
}

/* ---- What the world calls ---- */

void *malloc(size_t size)
{
	in_child_first();
	size_t class = class_for(size + UNIT);
	struct known_block *block = class == CACHED_CLASS ? thread_cache_get() : NULL;
	if (size > PTRDIFF_MAX - PAGE)
		block = NULL;
	else if (class == CLASSES)
		block = map(size + UNIT);
	else if (!block)
		block = take(class);
	if (!block) {
		errno = ENOMEM;
		return NULL;
	}
	block->size = class == CLASSES ? size + UNIT : 0;
	if (class < CLASSES)
		block->class = class;
	note_newest(block + 1);
	return block + 1;
}

void free(void *ptr)
{
	if (!ptr)
		return;
	struct known_block *block = (struct known_block *)ptr - 1;
	size_t class = block->class;
	if (block->size)
		munmap(block, block->size);
	else if (class != CACHED_CLASS || !thread_cache_put(block))
		give(block, class);
}

void *calloc(size_t nmemb, size_t size)
{
	size_t bytes;
	void *block = __builtin_mul_overflow(nmemb, size, &bytes) ? NULL : malloc(bytes);
	return block ? memset(block, 0, bytes) : NULL;
}

void *realloc(void *ptr, size_t size)
{
	void *moved = malloc(size);
	if (ptr && moved) {
		const struct known_block *block = (struct known_block *)ptr - 1;
		size_t old = (block->size ? block->size : (size_t)SMALLEST << block->class) - UNIT;
		memcpy(moved, ptr, old < size ? old : size);
		free(ptr);
	}
	return moved;
}

/* ---- Handlers ---- */

static unsigned long prepare_us, parent_us, child_us, hold_us, page_count;

static void prepare(void)
{
	uint64_t give_up = now_us() + 300000;
	busy_wait(prepare_us);
	pthread_mutex_lock(&mutex);
	while (hold_us && atomic_load(&waiting) == 0 && now_us() < give_up)
		;
	busy_wait(hold_us);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&mutex);
	busy_wait(parent_us);
}

static void in_child(void)
{
	pthread_mutex_unlock(&mutex);
	child = true;
	if (corrupts && newest)
		newest[0] ^= 1;
	for (unsigned long i = 0; i < page_count; i++)
		pages[i][0]++;
	busy_wait(child_us);
}

/*
 * The last argument of the command line is the descriptor of the cost page. It is duplicated, since
 * it is closed later.
 */
static int find_cost_shm_fd(void)
{
	char line[512] = "";
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t got = file ? fread(line, 1, sizeof(line) - 1, file) : 0;
	if (file)
		fclose(file);
	const char *word = line + strlen(line) + 1;
	for (const char *next = word; next < line + got; next += strlen(next) + 1)
		word = next;
	return dup((int)strtol(word, NULL, 10));
}

static uint32_t round_number(void)
{
	uint32_t round = 0;
	off_t at = (off_t)(COST_SHM_OFFSET + offsetof(struct cost_shm, plan.round));
	return pread(cost_shm_fd, &round, sizeof(round), at) == sizeof(round) ? round : 0;
}

__attribute__((constructor)) static void start(void)
{
	memset(pages, 1, sizeof(pages));
	memset(call_pages, 1, sizeof(call_pages));
	cost_shm_fd = find_cost_shm_fd();
	prepare_us = setting("PREPARE_US") + setting("ROUND_US") * round_number();
	parent_us = setting("PARENT_US");
	child_us = setting("CHILD_US");
	hold_us = setting("HOLD_US");
	page_count = setting("PAGES");
	call_page_count = setting("CALL_PAGES");
	hangs = setting("HANG");
	corrupts = setting("SPOIL");
	full = setting("FULL");
	answer = setting("ANSWER");
	client_ms = setting("CLIENT_MS");
	if (setting("NO_HUGE"))
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	thread_cache_max = setting("STASH");
	if (page_count > PAGES_MAX || call_page_count > PAGES_MAX)
		abort();
	pthread_key_create(&at_thread_end, flush_thread_cache);
	pthread_atfork(prepare, in_parent, in_child);
}

static void version(char *text, size_t size)
{
	snprintf(text, size, "1");
}

const struct allocator allocator = {
	.name = ALLOCATOR_NAME, .link = ALLOCATOR_LINK, .version = version};
