/*
 * The teaching allocator as the malloc of this whole test program: with each kind of real lock, and
 * with handlers that take both locks.
 */
#include "allocator.h"
#include "lock.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

enum {
	COMPLAINED = 42, /* exit status of a child whose allocator complained */
	PATIENCE = 30,   /* seconds until a hung child is killed */
	THREADS = 4,
	ROUNDS = 5000,
	POOL_SLOTS = 64, /* blocks on their way from thread to thread */
	FORKS = 50,
	LOCKS_MAX = 4,
};

static const size_t sizes[] = {0, 1, 15, 16, 17, 24, 100, 1000, 1008, 1009, 1500, 4080, 4096, 9000,
	32752, 32753, 40000, 200000, 1000000};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* ---- What a runner would define ---- */

static struct {
	const char *name;
	const struct teach_lock *lock;
	uint32_t size;
	int32_t owner_offset;
} published[LOCKS_MAX];
static unsigned locks;

void lab_publish_lock(const char *name, const void *lock, uint32_t size, int32_t owner_offset)
{
	if (locks == LOCKS_MAX)
		return;
	published[locks].name = name;
	published[locks].lock = lock;
	published[locks].size = size;
	published[locks].owner_offset = owner_offset;
	locks++;
}

void lab_complain(const char *text)
{
	(void)text;
	_exit(COMPLAINED);
}

/* ---- Helpers ---- */

static void fill(unsigned char *block, size_t size, unsigned tag)
{
	for (size_t i = 0; i < size; i++)
		block[i] = (unsigned char)(tag + i * 7);
}

static bool holds(const unsigned char *block, size_t size, unsigned tag)
{
	for (size_t i = 0; i < size; i++)
		if (block[i] != (unsigned char)(tag + i * 7))
			return false;
	return true;
}

/* Exit status of a child that runs `body`; -1 if a signal ended it. */
static int in_child(void (*body)(void))
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		alarm(PATIENCE);
		body();
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- One thread ---- */

static void test_publishes_its_locks_before_main(void **state)
{
	(void)state;
	assert_int_equal(locks, 2);
	assert_string_equal(published[0].name, "teach bins lock");
	assert_string_equal(published[1].name, "teach chunks lock");
	for (unsigned i = 0; i < locks; i++) {
		assert_int_equal(published[i].size, sizeof(struct teach_lock));
		assert_int_equal(published[i].owner_offset, offsetof(struct teach_lock, owner));
		assert_int_equal(published[i].lock->word, TEACH_FREE);
	}
}

static void test_blocks_are_aligned_and_apart(void **state)
{
	(void)state;
	unsigned char *block[SIZES];
	for (unsigned i = 0; i < SIZES; i++) {
		block[i] = malloc(sizes[i]);
		assert_non_null(block[i]);
		assert_int_equal((uintptr_t)block[i] % 16, 0);
		assert_true(malloc_usable_size(block[i]) >= sizes[i]);
		fill(block[i], malloc_usable_size(block[i]), i);
	}
	for (unsigned i = 0; i < SIZES; i++)
		assert_true(holds(block[i], malloc_usable_size(block[i]), i));
	for (unsigned i = 0; i < SIZES; i++)
		free(block[i]);
	free(NULL);
}

static void test_many_blocks_live_at_once(void **state)
{
	(void)state;
	enum { SMALL = 20000, BIG = 300 };
	static unsigned char *block[SMALL + BIG];
	for (unsigned i = 0; i < SMALL + BIG; i++) {
		block[i] = malloc(i < SMALL ? 64 : 50000);
		assert_non_null(block[i]);
		fill(block[i], 64, i);
	}
	for (unsigned i = 0; i < SMALL + BIG; i++) {
		assert_true(holds(block[i], 64, i));
		free(block[i]);
	}
}

static void test_calloc_is_zero_after_dirt(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIZES; i++) {
		unsigned char *dirt = malloc(sizes[i]);
		memset(dirt, 0xff, sizes[i]);
		free(dirt);
		unsigned char *clean = calloc(1, sizes[i]);
		assert_non_null(clean);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(clean[k], 0);
		free(clean);
	}
}

static void test_realloc_keeps_what_fits(void **state)
{
	(void)state;
	for (unsigned from = 0; from < SIZES; from++) {
		for (unsigned to = 0; to < SIZES; to++) {
			unsigned char *block = realloc(NULL, sizes[from]);
			fill(block, sizes[from], from);
			block = realloc(block, sizes[to]);
			assert_non_null(block);
			assert_true(malloc_usable_size(block) >= sizes[to]);
			size_t common = sizes[from] < sizes[to] ? sizes[from] : sizes[to];
			assert_true(holds(block, common, from));
			free(block);
		}
	}
}

static void test_alignments(void **state)
{
	(void)state;
	for (size_t alignment = 1; alignment <= 1024 * 1024; alignment *= 2) {
		for (unsigned i = 0; i < SIZES; i++) {
			unsigned char *block = aligned_alloc(alignment, sizes[i]);
			assert_non_null(block);
			assert_int_equal((uintptr_t)block % alignment, 0);
			assert_true(malloc_usable_size(block) >= sizes[i]);
			fill(block, malloc_usable_size(block), i);
			block = realloc(block, sizes[i] + 1000);
			assert_true(holds(block, sizes[i], i));
			free(block);
		}
	}
}

static void test_refuses_what_cannot_be(void **state)
{
	(void)state;
	/* Through a volatile: the compiler would warn of exactly what is tested. */
	volatile size_t huge = SIZE_MAX, odd = 48;
	void *where = &where;
	errno = 0;
	assert_null(malloc(huge));
	assert_int_equal(errno, ENOMEM);
	assert_null(malloc(huge / 2));
	assert_null(calloc(huge / 2, 3));
	assert_null(aligned_alloc(64, huge));
	assert_null(aligned_alloc(odd, 100));
	assert_int_equal(posix_memalign(&where, 4, 100), EINVAL);
	assert_int_equal(posix_memalign(&where, odd, 100), EINVAL);
	assert_int_equal(posix_memalign(&where, 64, huge), ENOMEM);
	assert_ptr_equal(where, &where);
	unsigned char *block = malloc(100);
	fill(block, 100, 1);
	assert_null(realloc(block, huge));
	assert_true(holds(block, 100, 1));
	free(block);
}

static void test_free_keeps_errno(void **state)
{
	(void)state;
	void *small = malloc(10), *big = malloc(100000);
	errno = 1234;
	free(small);
	free(big);
	assert_int_equal(errno, 1234);
}

/* ---- The checker ---- */

static void *volatile victim;

static void free_twice(void)
{
	victim = malloc(100);
	free(victim);
	free(victim);
}

static void free_twice_aligned(void)
{
	victim = aligned_alloc(256, 100);
	free(victim);
	free(victim);
}

static void free_overwritten(void)
{
	victim = malloc(100);
	memset((char *)victim - 16, 'x', 16);
	free(victim);
}

/* Writes after free: a stale pointer runs over the header of a block on the list. */
static void use_damaged_list(void)
{
	victim = malloc(100);
	free(victim);
	memset((char *)victim - 8, 'x', 8);
	victim = malloc(100);
}

static void test_checker_complains(void **state)
{
	(void)state;
	assert_int_equal(in_child(free_twice), COMPLAINED);
	assert_int_equal(in_child(free_twice_aligned), COMPLAINED);
	assert_int_equal(in_child(free_overwritten), COMPLAINED);
	assert_int_equal(in_child(use_damaged_list), COMPLAINED);
}

/* ---- Many threads ---- */

struct block_pool {
	pthread_mutex_t lock;
	unsigned char *block[POOL_SLOTS];
	size_t size[POOL_SLOTS];
};

struct worker {
	struct block_pool *block_pool;
	unsigned random;
	const _Atomic bool *stop; /* NULL: ROUNDS rounds */
	bool damaged;
};

static unsigned pick(struct worker *worker, unsigned bound)
{
	worker->random = worker->random * 1664525 + 1013904223;
	return (worker->random >> 8) % bound;
}

/* Stores a block in the shared slot and takes what was there: blocks are freed by other threads. */
static void swap(struct block_pool *block_pool, unsigned slot, unsigned char **block, size_t *size)
{
	pthread_mutex_lock(&block_pool->lock);
	unsigned char *other = block_pool->block[slot];
	size_t other_size = block_pool->size[slot];
	block_pool->block[slot] = *block;
	block_pool->size[slot] = *size;
	pthread_mutex_unlock(&block_pool->lock);
	*block = other;
	*size = other_size;
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	for (unsigned n = 0; worker->stop ? !*worker->stop : n < ROUNDS; n++) {
		size_t size = pick(worker, 20) ? pick(worker, 3000) : pick(worker, 100000);
		unsigned char *block = pick(worker, 8) ? malloc(size) : aligned_alloc(128, size);
		fill(block, size, (unsigned)size);
		if (pick(worker, 4) == 0) {
			size_t more = size + pick(worker, 5000);
			block = realloc(block, more);
			worker->damaged |= !holds(block, size, (unsigned)size);
			size = more;
			fill(block, size, (unsigned)size);
		}
		swap(worker->block_pool, pick(worker, POOL_SLOTS), &block, &size);
		if (block)
			worker->damaged |= !holds(block, size, (unsigned)size);
		free(block);
	}
	return NULL;
}

static void start(pthread_t *thread, struct worker *worker, struct block_pool *block_pool,
	const _Atomic bool *stop)
{
	for (unsigned i = 0; i < THREADS; i++) {
		worker[i] =
			(struct worker){.block_pool = block_pool, .random = i + 1, .stop = stop};
		assert_int_equal(pthread_create(&thread[i], NULL, worker_main, &worker[i]), 0);
	}
}

static void finish(pthread_t *thread, const struct worker *worker, struct block_pool *block_pool)
{
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_false(worker[i].damaged);
	}
	for (unsigned i = 0; i < POOL_SLOTS; i++)
		free(block_pool->block[i]);
}

static void test_threads_share_the_heap(void **state)
{
	(void)state;
	pthread_t thread[THREADS];
	struct worker worker[THREADS];
	struct block_pool block_pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
	start(thread, worker, &block_pool, NULL);
	finish(thread, worker, &block_pool);
}

static void allocate_all_sizes(void)
{
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < SIZES; i++) {
			unsigned char *block = malloc(sizes[i]);
			fill(block, sizes[i], i);
			victim = realloc(block, sizes[i] + 100);
			if (!holds(victim, sizes[i], i))
				_exit(1);
			free(victim);
		}
	}
}

static void test_children_can_allocate(void **state)
{
	(void)state;
	pthread_t thread[THREADS];
	struct worker worker[THREADS];
	struct block_pool block_pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
	_Atomic bool stop = false;
	start(thread, worker, &block_pool, &stop);
	for (unsigned i = 0; i < FORKS; i++)
		assert_int_equal(in_child(allocate_all_sizes), 0);
	stop = true;
	finish(thread, worker, &block_pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_publishes_its_locks_before_main),
		cmocka_unit_test(test_blocks_are_aligned_and_apart),
		cmocka_unit_test(test_many_blocks_live_at_once),
		cmocka_unit_test(test_calloc_is_zero_after_dirt),
		cmocka_unit_test(test_realloc_keeps_what_fits),
		cmocka_unit_test(test_alignments),
		cmocka_unit_test(test_refuses_what_cannot_be),
		cmocka_unit_test(test_free_keeps_errno),
		cmocka_unit_test(test_checker_complains),
		cmocka_unit_test(test_threads_share_the_heap),
		cmocka_unit_test(test_children_can_allocate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
