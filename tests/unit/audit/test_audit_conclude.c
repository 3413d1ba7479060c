/* From observations to the conclusion: each kind, its word in the table, and its sentence. */
#include "audit.h"
#include "audit_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct audit *audit;

static int begin(void **state)
{
	(void)state;
	audit = calloc(1, sizeof(*audit));
	return audit ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(audit);
	return 0;
}

static struct audit_registration *add_registration(bool own)
{
	struct audit_registration *registration = &audit->registration[audit->registrations++];
	registration->own = own;
	for (int phase = 0; phase < ATFORK_PHASES; phase++)
		registration->handler[phase].address =
			0x1000 * audit->registrations + (unsigned)phase;
	return registration;
}

static void add_words(unsigned count, int taker, enum audit_lock_state fate)
{
	for (unsigned i = 0; i < count; i++)
		audit->word[audit->words++] = (struct audit_lock_word){
			.taker = taker, .parent = AUDIT_RELEASED, .child = fate};
}

/* An allocator's registration that does something. */
static void add_busy(void)
{
	add_registration(false)->handler[ATFORK_PREPARE].action.stores = 1;
}

static void check(enum audit_kind kind, const char *brief, const char *sentence)
{
	char text[MODEL_TEXT_MAX];
	audit_conclude(audit);
	assert_int_equal(audit->summary.kind, kind);
	audit_text_brief(text, sizeof(text), &audit->summary);
	assert_string_equal(text, brief);
	audit_text(text, sizeof(text), &audit->summary);
	assert_string_equal(text, sentence);
}

/* The application's own do not count, and neither do the words that fork() itself takes. */
static void without_handlers_there_are_none(void **state)
{
	(void)state;
	add_registration(true)->handler[ATFORK_CHILD].action.stores = 1;
	add_words(2, -1, AUDIT_REINITIALISED);
	check(AUDIT_NONE, "none", "none");
}

static void handlers_that_only_return_are_empty(void **state)
{
	(void)state;
	add_registration(false)->handler[ATFORK_PREPARE].action.instructions = 1;
	check(AUDIT_EMPTY, "empty", "registered but empty");
}

static void each_kind_of_deed_is_one(void **state)
{
	(void)state;
	struct audit_action *action = &add_registration(false)->handler[ATFORK_CHILD].action;
	*action = (struct audit_action){.syscalls = 1};
	check(AUDIT_LOCKS_NOTHING, "no locks", "registered, locks nothing");
	*action = (struct audit_action){.mutex_calls = 1};
	check(AUDIT_LOCKS_NOTHING, "no locks", "registered, locks nothing");
	*action = (struct audit_action){.stores = 1};
	check(AUDIT_LOCKS_NOTHING, "no locks", "registered, locks nothing");
}

static void locks_are_released(void **state)
{
	(void)state;
	add_busy();
	add_words(1, 0, AUDIT_RELEASED);
	check(AUDIT_RELEASES, "locks 1", "locks 1 word, releases it in the child");
	add_words(2, 0, AUDIT_RELEASED);
	check(AUDIT_RELEASES, "locks 3", "locks 3 words, releases them in the child");
}

static void locks_are_reinitialised(void **state)
{
	(void)state;
	add_busy();
	add_words(3, 0, AUDIT_REINITIALISED);
	check(AUDIT_REINITS, "locks 3", "locks 3 words, re-initialises them in the child");
}

static void locks_are_both(void **state)
{
	(void)state;
	add_busy();
	add_words(3, 0, AUDIT_REINITIALISED);
	add_words(1, 0, AUDIT_RELEASED);
	check(AUDIT_MIXED, "locks 4",
		"locks 4 words, releases 1 and re-initialises 3 in the child");
}

static void locks_are_left(void **state)
{
	(void)state;
	add_busy();
	add_words(3, 0, AUDIT_RELEASED);
	add_words(1, 0, AUDIT_LEFT_LOCKED);
	check(AUDIT_ABANDONS, "locks 4", "locks 4 words, 1 of which the child finds locked");
}

static void words_can_only_be_reinitialised(void **state)
{
	(void)state;
	add_busy();
	add_words(2, 0, AUDIT_REINITIALISED);
	audit->word[0].reset = audit->word[1].reset = true;
	check(AUDIT_RESETS, "resets 2",
		"re-initialises 2 words in the child without having locked");
}

static void forgotten_locks_are_named(void **state)
{
	(void)state;
	add_busy();
	add_words(1, 0, AUDIT_RELEASED);
	audit->known = 3;
	for (unsigned i = 0; i < 3; i++)
		(void)snprintf(audit->known_lock[i].name, MODEL_NAME_MAX, "lock %u", i);
	audit->known_lock[1].taken = true;
	check(AUDIT_RELEASES, "locks 1 of 3",
		"locks 1 word, releases it in the child; leaves alone: lock 0, lock 2");
}

/* With no handlers at all, that locks are left alone is no news. */
static void nothing_is_forgotten_without_handlers(void **state)
{
	(void)state;
	audit->known = 1;
	(void)snprintf(audit->known_lock[0].name, MODEL_NAME_MAX, "lock");
	check(AUDIT_NONE, "none", "none");
}

static void libc_does_it_itself(void **state)
{
	(void)state;
	add_words(2, -1, AUDIT_REINITIALISED);
	/* Streams and the like: its malloc is not among them. */
	check(AUDIT_NONE, "none", "none");
	audit->of_libc = true;
	check(AUDIT_LIBC, "libc",
		"libc-internal: fork() itself locks 2 words, that of its malloc among them, "
		"re-initialises them in the child");
}

/* An allocator on top of libc's: fork() protects that one, and not its own lock. */
static void a_lock_of_its_own_is_not_libcs(void **state)
{
	(void)state;
	add_words(2, -1, AUDIT_RELEASED);
	audit->own_locks = 1;
	/* Its malloc does not lead to libc's. */
	check(AUDIT_NONE, "none", "none");
	audit->of_libc = true;
	check(AUDIT_NONE_OWN, "none of its own",
		"none of its own: fork() itself locks 2 words, that of libc's malloc among them, "
		"releases them in the child; nothing takes the allocator's own (1 word)");
}

/* Where there are handlers, only theirs count. */
static void with_handlers_only_their_words_count(void **state)
{
	(void)state;
	audit->of_libc = true;
	add_busy();
	add_words(2, 0, AUDIT_RELEASED);
	add_words(2, -1, AUDIT_REINITIALISED);
	check(AUDIT_RELEASES, "locks 2", "locks 2 words, releases them in the child");
}

static void what_was_not_seen_is_not_known(void **state)
{
	(void)state;
	add_busy();
	(void)snprintf(audit->summary.why, sizeof(audit->summary.why), "no right to trace");
	check(AUDIT_UNKNOWN, "?", "not known: no right to trace");
}

static void duplicates_are_found(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		add_registration(false);
	for (int phase = 0; phase < ATFORK_PHASES; phase++) {
		audit->registration[2].handler[phase].address =
			audit->registration[1].handler[phase].address;
		audit->registration[3].handler[phase].address =
			audit->registration[1].handler[phase].address;
	}
	audit->registration[3].handler[ATFORK_CHILD].address = 0;
	audit_conclude(audit);
	assert_int_equal(audit->registration[0].duplicate_of, 0);
	assert_int_equal(audit->registration[1].duplicate_of, 0);
	assert_int_equal(audit->registration[2].duplicate_of, 2);
	assert_int_equal(audit->registration[3].duplicate_of, 0);
}

/* Concluding twice counts once. */
static void a_conclusion_can_be_drawn_again(void **state)
{
	(void)state;
	add_busy();
	add_words(3, 0, AUDIT_RELEASED);
	audit_conclude(audit);
	check(AUDIT_RELEASES, "locks 3", "locks 3 words, releases them in the child");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_handlers_there_are_none),
		TEST(handlers_that_only_return_are_empty),
		TEST(each_kind_of_deed_is_one),
		TEST(locks_are_released),
		TEST(locks_are_reinitialised),
		TEST(locks_are_both),
		TEST(locks_are_left),
		TEST(words_can_only_be_reinitialised),
		TEST(forgotten_locks_are_named),
		TEST(nothing_is_forgotten_without_handlers),
		TEST(libc_does_it_itself),
		TEST(a_lock_of_its_own_is_not_libcs),
		TEST(with_handlers_only_their_words_count),
		TEST(what_was_not_seen_is_not_known),
		TEST(duplicates_are_found),
		TEST(a_conclusion_can_be_drawn_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
