/* Lock words and their state after each store, without any process. */
#include "lock_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A memory of a few words, by their addresses. */
enum { BASE = 0x1000, MEMORY = 64 };

static unsigned char parent[MEMORY], child[MEMORY];
static struct lock_words words;
static struct audit *audit;
static struct published_lock known[2];
static uint32_t known_count;

static int begin(void **state)
{
	(void)state;
	memset(parent, 0, sizeof(parent));
	words = (struct lock_words){0};
	known_count = 0;
	audit = calloc(1, sizeof(*audit));
	if (!audit)
		return -1;
	audit->registrations = 1;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(audit);
	return 0;
}

static bool read_memory(void *context, uint64_t address, void *bytes, uint32_t size)
{
	const unsigned char *memory = context;
	if (address < BASE || address + size > BASE + MEMORY)
		return false;
	memcpy(bytes, memory + (address - BASE), size);
	return true;
}

/* An instruction at `pc` stores a word of four bytes. */
static void store(
	enum atfork_phase phase, uint64_t at, uint32_t value, enum store_kind kind, uint64_t pc)
{
	unsigned char *memory = phase == ATFORK_CHILD ? child : parent;
	struct lock_word_store seen = {
		.address = BASE + at,
		.size = sizeof(value),
		.pc = pc,
		.taker = 0,
		.kind = kind,
		.mutex = kind == STORE_UNLOCK || kind == STORE_INIT,
	};
	memcpy(seen.before, memory + at, sizeof(value));
	seen.changed = memcmp(seen.before, &value, sizeof(value)) != 0;
	memcpy(memory + at, &value, sizeof(value));
	lock_words_store(&words, phase, &seen, known, known_count);
}

static void copy(void)
{
	lock_words_compare(&words, ATFORK_PREPARE, read_memory, parent);
	memcpy(child, parent, sizeof(child));
}

static void conclude(void)
{
	lock_words_compare(&words, ATFORK_PARENT, read_memory, parent);
	lock_words_compare(&words, ATFORK_CHILD, read_memory, child);
	lock_words_conclude(&words, audit, known, known_count);
}

static void an_atomic_release_is_a_release(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	copy();
	store(ATFORK_PARENT, 0, 0, STORE_ATOMIC, 20);
	store(ATFORK_CHILD, 0, 0, STORE_ATOMIC, 30);
	conclude();
	assert_int_equal(audit->words, 1);
	assert_int_equal(audit->word[0].address, BASE);
	assert_int_equal(audit->word[0].parent, AUDIT_RELEASED);
	assert_int_equal(audit->word[0].child, AUDIT_RELEASED);
	assert_int_equal(audit->registration[0].handler[ATFORK_PREPARE].action.locked, 1);
}

static void a_plain_store_reinitialises(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	copy();
	store(ATFORK_PARENT, 0, 0, STORE_ATOMIC, 20);
	store(ATFORK_CHILD, 0, 0, STORE_PLAIN, 30);
	conclude();
	assert_int_equal(audit->word[0].child, AUDIT_REINITIALISED);
}

/* A spin lock may be released by a plain store; then the parent does so as well. */
static void the_parents_own_store_is_a_release(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	copy();
	store(ATFORK_PARENT, 0, 0, STORE_PLAIN, 20);
	store(ATFORK_CHILD, 0, 0, STORE_PLAIN, 20);
	conclude();
	assert_int_equal(audit->word[0].child, AUDIT_RELEASED);
}

static void a_mutex_reinitialised_and_used_at_once_is_reinitialised(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	words.word[0].mutex = true;
	copy();
	store(ATFORK_PARENT, 0, 0, STORE_UNLOCK, 20);
	store(ATFORK_CHILD, 0, 0, STORE_INIT, 30);
	store(ATFORK_CHILD, 0, 1, STORE_ATOMIC, 10);
	store(ATFORK_CHILD, 0, 0, STORE_UNLOCK, 20);
	conclude();
	assert_int_equal(audit->words, 1);
	assert_true(audit->word[0].mutex);
	assert_int_equal(audit->word[0].parent, AUDIT_RELEASED);
	assert_int_equal(audit->word[0].child, AUDIT_REINITIALISED);
}

static void what_nobody_puts_back_in_the_child_is_left(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	copy();
	store(ATFORK_PARENT, 0, 0, STORE_ATOMIC, 20);
	conclude();
	assert_int_equal(audit->word[0].child, AUDIT_LEFT_LOCKED);
}

static void a_counter_is_no_lock(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	copy();
	store(ATFORK_PARENT, 0, 2, STORE_ATOMIC, 10);
	store(ATFORK_CHILD, 0, 2, STORE_ATOMIC, 10);
	conclude();
	assert_int_equal(audit->words, 0);
}

/* Taken and released again before the copy. */
static void what_is_free_at_the_copy_is_no_lock(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	store(ATFORK_PREPARE, 0, 0, STORE_ATOMIC, 11);
	copy();
	conclude();
	assert_int_equal(audit->words, 0);
}

static void a_plain_store_takes_no_lock(void **state)
{
	(void)state;
	store(ATFORK_PREPARE, 0, 1, STORE_PLAIN, 10);
	copy();
	store(ATFORK_PARENT, 0, 0, STORE_PLAIN, 20);
	store(ATFORK_CHILD, 0, 0, STORE_PLAIN, 20);
	conclude();
	assert_int_equal(audit->words, 0);
}

/* A word and its owner are one lock, if it is known; the worse fate is the lock's. */
static void words_of_a_known_lock_are_one(void **state)
{
	(void)state;
	known[0] = (struct published_lock){BASE, 8};
	known[1] = (struct published_lock){BASE + 16, 8};
	known_count = 2;
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	store(ATFORK_PREPARE, 4, 77, STORE_ATOMIC, 11);
	copy();
	store(ATFORK_PARENT, 4, 0, STORE_ATOMIC, 20);
	store(ATFORK_PARENT, 0, 0, STORE_ATOMIC, 21);
	store(ATFORK_CHILD, 4, 0, STORE_PLAIN, 30);
	store(ATFORK_CHILD, 0, 0, STORE_ATOMIC, 31);
	conclude();
	assert_int_equal(audit->words, 1);
	assert_int_equal(audit->word[0].size, 8);
	assert_int_equal(audit->word[0].child, AUDIT_REINITIALISED);
	assert_true(audit->known_lock[0].taken);
	assert_false(audit->known_lock[1].taken);
	assert_false(audit->known_lock[1].reset);
}

/* In the child, although it was not held: the store changes nothing, and is still evidence. */
static void a_known_lock_can_only_be_reinitialised(void **state)
{
	(void)state;
	known[0] = (struct published_lock){BASE, 8};
	known_count = 1;
	copy();
	store(ATFORK_CHILD, 0, 0, STORE_PLAIN, 30);
	store(ATFORK_CHILD, 16, 5, STORE_PLAIN, 31);
	conclude();
	assert_int_equal(audit->words, 1);
	assert_true(audit->word[0].reset);
	assert_int_equal(audit->word[0].child, AUDIT_REINITIALISED);
	assert_true(audit->known_lock[0].reset);
}

/* fork() and malloc() take the same lock. */
static void a_lock_of_malloc_is_marked(void **state)
{
	static struct lock_words seen;
	const struct lock_word_store of_malloc = {
		.address = BASE + 4, .size = 4, .kind = STORE_ATOMIC, .changed = true};
	(void)state;
	lock_words_store(&seen, ATFORK_PREPARE, &of_malloc, known, 0);
	store(ATFORK_PREPARE, 0, 1, STORE_ATOMIC, 10);
	store(ATFORK_PREPARE, 4, 1, STORE_ATOMIC, 11);
	copy();
	store(ATFORK_CHILD, 0, 0, STORE_ATOMIC, 20);
	store(ATFORK_CHILD, 4, 0, STORE_ATOMIC, 21);
	conclude();
	lock_words_mark_malloc(&seen, audit);
	assert_int_equal(audit->words, 2);
	assert_false(audit->word[0].of_malloc);
	assert_true(audit->word[1].of_malloc);
	/* A handler took it, and not fork() itself. */
	assert_false(audit->of_libc);
	audit->word[1].taker = -1;
	lock_words_mark_malloc(&seen, audit);
	assert_true(audit->of_libc);
}

static bool read_free(void *context, uint64_t address, void *bytes, uint32_t size)
{
	(void)address;
	memset(bytes, *(const int *)context, size);
	return true;
}

/* malloc() takes and releases a lock that nothing takes in the fork; a counter is none. */
static void a_lock_of_malloc_alone_is_its_own(void **state)
{
	static struct lock_words seen;
	const struct lock_word_store own = {
		.address = BASE + 12, .size = 4, .kind = STORE_ATOMIC, .changed = true};
	(void)state;
	for (int now = 0; now < 2; now++) {
		seen = (struct lock_words){0};
		lock_words_store(&seen, ATFORK_PREPARE, &own, known, 0);
		lock_words_compare(&seen, ATFORK_PREPARE, read_free, &now);
		lock_words_mark_malloc(&seen, audit);
		assert_int_equal(audit->own_locks, now == 0);
	}
	/* fork() takes it. */
	seen.word[0].held = false;
	audit->words = 1;
	audit->word[0] = (struct audit_lock_word){.address = BASE + 12, .size = 4, .taker = -1};
	lock_words_mark_malloc(&seen, audit);
	assert_int_equal(audit->own_locks, 0);
}

static void more_words_than_fit_are_said(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < AUDIT_LOCK_WORDS_MAX + 1; i++) {
		const struct lock_word_store seen = {
			.address = BASE + 4 * i, .size = 4, .kind = STORE_ATOMIC, .changed = true};
		lock_words_store(&words, ATFORK_PREPARE, &seen, known, 0);
	}
	conclude();
	assert_true(audit->lost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_atomic_release_is_a_release),
		TEST(a_plain_store_reinitialises),
		TEST(the_parents_own_store_is_a_release),
		TEST(a_mutex_reinitialised_and_used_at_once_is_reinitialised),
		TEST(what_nobody_puts_back_in_the_child_is_left),
		TEST(a_counter_is_no_lock),
		TEST(what_is_free_at_the_copy_is_no_lock),
		TEST(a_plain_store_takes_no_lock),
		TEST(words_of_a_known_lock_are_one),
		TEST(a_known_lock_can_only_be_reinitialised),
		TEST(a_lock_of_malloc_is_marked),
		TEST(a_lock_of_malloc_alone_is_its_own),
		TEST(more_words_than_fit_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
