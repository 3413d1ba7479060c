/* Whose lock is it? Known stacks, and what must hold for every input. */
#include "lock_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static const struct link_facts separate = {0};                        /* jemalloc.so */
static const struct link_facts in_libc = {.allocator_in_libc = true}; /* glibc */
static const struct link_facts in_program = {.allocator_in_program = true};
static const struct link_facts whole = {/* musl, static */
	.allocator_in_libc = true,
	.allocator_in_program = true,
	.libc_in_program = true};

enum { DEPTH = 6 };

/* A stack, the innermost first, and where the lock lies. */
static const struct answer {
	const char *what;
	const struct link_facts *link;
	struct {
		enum module_kind module;
		const char *function;
	} frame[DEPTH];
	enum module_kind location;
	bool in_call, in_parent;
	enum lock_origin origin;
	bool by_allocator;
	int taker;
} answers[] = {
	{"glibc's malloc", &in_libc,
		{{MODULE_LIBC, "__lll_lock_wait_private"}, {MODULE_LIBC, "_int_malloc"},
			{MODULE_LIBC, "malloc"}, {MODULE_PROGRAM, "work"}},
		MODULE_NONE, true, false, LOCK_ORIGIN_ALLOCATOR, false, 1},
	{"libc's function that calls malloc", &in_libc,
		{{MODULE_LIBC, "__lll_lock_wait_private"}, {MODULE_LIBC, "malloc"},
			{MODULE_LIBC, "fopen64"}, {MODULE_PROGRAM, "work"}},
		MODULE_LIBC, false, false, LOCK_ORIGIN_ALLOCATOR, false, 1},
	{"a function of libc that its malloc calls", &in_libc,
		{{MODULE_LIBC, "__lll_lock_wait_private"}, {MODULE_LIBC, "unknown_helper"},
			{MODULE_LIBC, "calloc"}, {MODULE_PROGRAM, "work"}},
		MODULE_LIBC, true, false, LOCK_ORIGIN_ALLOCATOR, false, 1},
	{"libc's malloc is not the allocator", &separate,
		{{MODULE_LIBC, "__lll_lock_wait_private"}, {MODULE_LIBC, "malloc"},
			{MODULE_PROGRAM, "work"}},
		MODULE_LIBC, false, false, LOCK_ORIGIN_LIBC, false, 1},
	{"time zone", &separate,
		{{MODULE_LIBC, "__lll_lock_wait_private"}, {MODULE_LIBC, "__tz_convert"},
			{MODULE_LIBC, "localtime_r"}, {MODULE_PROGRAM, "child"}},
		MODULE_LIBC, false, false, LOCK_ORIGIN_LIBC, false, 1},
	{"time zone, without libc's local symbols", &separate,
		{{MODULE_LIBC, ""}, {MODULE_LIBC, ""}, {MODULE_LIBC, "localtime_r"},
			{MODULE_PROGRAM, "child"}},
		MODULE_LIBC, false, false, LOCK_ORIGIN_LIBC, false, 2},
	{"the allocator starts a thread", &separate,
		{{MODULE_LIBC, "__lll_lock_wait_private"}, {MODULE_LIBC, "pthread_create"},
			{MODULE_ALLOCATOR, "background"}, {MODULE_PROGRAM, "child"}},
		MODULE_LIBC, true, false, LOCK_ORIGIN_LIBC, true, 1},
	{"a callback of the program, called by the allocator", &separate,
		{{MODULE_LIBC, "___pthread_mutex_lock"}, {MODULE_PROGRAM, "hook"},
			{MODULE_ALLOCATOR, "malloc"}, {MODULE_PROGRAM, "child"}},
		MODULE_PROGRAM, true, false, LOCK_ORIGIN_APPLICATION, false, 1},
	{"the allocator's mutex", &separate,
		{{MODULE_LIBC, "__lll_lock_wait"}, {MODULE_LIBC, "___pthread_mutex_lock"},
			{MODULE_ALLOCATOR, ""}, {MODULE_PROGRAM, "child"}},
		MODULE_NONE, true, false, LOCK_ORIGIN_ALLOCATOR, false, 2},
	{"the program's mutex", &in_libc,
		{{MODULE_LIBC, ""}, {MODULE_LIBC, "pthread_mutex_lock"}, {MODULE_PROGRAM, "child"}},
		MODULE_PROGRAM, false, false, LOCK_ORIGIN_APPLICATION, false, 2},
	{"the engine, in the parent", &in_libc,
		{{MODULE_LIBC, "syscall"}, {MODULE_PROGRAM, "await"}}, MODULE_PROGRAM, false, true,
		LOCK_ORIGIN_UNKNOWN, false, 1},
	{"a thread that does not end", &separate,
		{{MODULE_LIBC, "pthread_join"}, {MODULE_PROGRAM, "lab_thread"}}, MODULE_NONE, false,
		false, LOCK_ORIGIN_UNKNOWN, false, 1},
	{"another library", &separate,
		{{MODULE_LIBC, "pthread_mutex_lock"}, {MODULE_LIBRARY, "log_it"},
			{MODULE_PROGRAM, "child"}},
		MODULE_LIBRARY, false, false, LOCK_ORIGIN_LIBRARY, false, 1},
	{"the loader", &separate,
		{{MODULE_LIBC, "pthread_mutex_lock"}, {MODULE_LOADER, "_dl_open"},
			{MODULE_LIBC, "dlopen"}, {MODULE_PROGRAM, "child"}},
		MODULE_LOADER, false, false, LOCK_ORIGIN_LOADER, false, 1},
	{"an allocator in the program", &in_program,
		{{MODULE_LIBC, "syscall"}, {MODULE_PROGRAM, "take"}, {MODULE_PROGRAM, "malloc"}},
		MODULE_PROGRAM, true, false, LOCK_ORIGIN_ALLOCATOR, false, 1},
	{"the same outside of a call: it may be either's", &in_program,
		{{MODULE_LIBC, "syscall"}, {MODULE_PROGRAM, "take"}}, MODULE_PROGRAM, false, false,
		LOCK_ORIGIN_UNKNOWN, false, 1},
	{"musl's FILE", &whole, {{MODULE_PROGRAM, "__lockfile"}}, MODULE_NONE, false, false,
		LOCK_ORIGIN_LIBC, false, 0},
	{"musl's malloc, of which no frame is known", &whole, {{MODULE_PROGRAM, "__lock"}},
		MODULE_PROGRAM, true, false, LOCK_ORIGIN_ALLOCATOR, false, -1},
	{"no frame: libc's data", &separate, {{MODULE_NONE, NULL}}, MODULE_LIBC, false, false,
		LOCK_ORIGIN_LIBC, false, -1},
	{"no frame: libc's data, in a call", &separate, {{MODULE_NONE, NULL}}, MODULE_LIBC, true,
		false, LOCK_ORIGIN_LIBC, true, -1},
	{"no frame: libc's data, in a call of its malloc", &in_libc, {{MODULE_NONE, NULL}},
		MODULE_LIBC, true, false, LOCK_ORIGIN_ALLOCATOR, false, -1},
	{"no frame, and in no file", &separate, {{MODULE_NONE, NULL}}, MODULE_NONE, false, false,
		LOCK_ORIGIN_UNKNOWN, false, -1},
	{"the allocator's data", &separate, {{MODULE_LIBC, "syscall"}, {MODULE_PROGRAM, "x"}},
		MODULE_ALLOCATOR, false, false, LOCK_ORIGIN_ALLOCATOR, false, 1},
};

static struct lock_facts facts_of(const struct answer *answer)
{
	struct lock_facts facts = {
		.link = *answer->link,
		.location = answer->location,
		.in_call = answer->in_call,
		.in_parent = answer->in_parent,
	};
	for (unsigned i = 0; i < DEPTH && answer->frame[i].module != MODULE_NONE; i++) {
		const char *function = answer->frame[i].function;
		facts.frame[facts.frames++] =
			lock_frame_kind(answer->link, answer->frame[i].module, function);
		if (lock_wait_object(function) != WAIT_OBJECT_UNKNOWN)
			facts.object = lock_wait_object(function);
	}
	return facts;
}

static void known_stacks_have_known_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct answer *answer = &answers[i];
		struct lock_facts facts = facts_of(answer);
		struct lock_decision decision = lock_decide(&facts);
		if (decision.origin != answer->origin ||
			decision.by_allocator != answer->by_allocator ||
			decision.taker != answer->taker)
			fail_msg("%s: %s, %d, frame %d", answer->what,
				lock_origin_name(decision.origin), decision.by_allocator,
				decision.taker);
	}
}

/* Every input with up to three frames. */
static bool next_facts(struct lock_facts *facts, uint32_t number)
{
	enum { FRAMES_END = 1 + 7 + 7 * 7 + 7 * 7 * 7, MODULES = MODULE_LIBRARY + 1 };
	*facts = (struct lock_facts){
		.link = {number & 1, number >> 1 & 1, number >> 2 & 1},
		.published = number >> 3 & 1,
		.published_of_allocator = number >> 4 & 1,
		.malloc_variable = number >> 5 & 1,
		.in_parent = number >> 6 & 1,
		.in_call = number >> 7 & 1,
	};
	number >>= 8;
	facts->location = (enum module_kind)(number % MODULES);
	number /= MODULES;
	facts->object = (enum wait_object)(number % WAIT_OBJECTS);
	number /= WAIT_OBJECTS;
	if (number >= FRAMES_END)
		return false;
	for (; number > 0; number = (number - 1) / 7)
		facts->frame[facts->frames++] = (enum frame_kind)((number - 1) % 7);
	return true;
}

static void check(const struct lock_facts *facts)
{
	struct lock_decision decision = lock_decide(facts);
	assert_true((unsigned)decision.origin < LOCK_ORIGINS);
	assert_in_range(decision.taker + 1, 0, facts->frames);
	/* A published name is believed. */
	if (facts->published)
		assert_int_equal(decision.origin, facts->published_of_allocator
							  ? LOCK_ORIGIN_ALLOCATOR
							  : LOCK_ORIGIN_APPLICATION);
	else if (facts->malloc_variable || facts->location == MODULE_ALLOCATOR)
		assert_int_equal(decision.origin, LOCK_ORIGIN_ALLOCATOR);
	/* Only the lock of another is taken on the allocator's behalf. */
	if (decision.by_allocator)
		assert_true(lock_origin_is_foreign(decision.origin));
	/* What the allocator's own function takes is never another's. */
	if (!facts->published && decision.taker >= 0 &&
		facts->frame[decision.taker] == FRAME_ALLOCATOR)
		assert_int_equal(decision.origin, LOCK_ORIGIN_ALLOCATOR);
	/* The engine of the parent is never the reason to excuse the allocator. */
	if (!facts->published && facts->in_parent && decision.taker >= 0 &&
		facts->frame[decision.taker] == FRAME_PROGRAM)
		assert_int_not_equal(decision.origin, LOCK_ORIGIN_APPLICATION);
}

static void every_input_has_a_sound_answer(void **state)
{
	(void)state;
	struct lock_facts facts;
	uint32_t number = 0;
	for (; next_facts(&facts, number); number++)
		check(&facts);
	assert_true(number > 1000000);
}

static void a_wait_is_told_by_its_function(void **state)
{
	(void)state;
	assert_int_equal(lock_wait_object("__pthread_cond_wait"), WAIT_OBJECT_CONDITION);
	assert_int_equal(lock_wait_object("pthread_rwlock_rdlock"), WAIT_OBJECT_RWLOCK);
	assert_int_equal(lock_wait_object("__lockfile"), WAIT_OBJECT_FILE);
	assert_int_equal(lock_wait_object("fwrite"), WAIT_OBJECT_FILE);
	assert_int_equal(lock_wait_object("__GI__IO_fputs"), WAIT_OBJECT_FILE);
	assert_int_equal(lock_wait_object("__new_sem_wait_slow64"), WAIT_OBJECT_SEMAPHORE);
	assert_int_equal(lock_wait_object("main"), WAIT_OBJECT_UNKNOWN);
	assert_true(lock_is_malloc_variable("main_arena"));
	assert_true(lock_is_malloc_variable("__malloc_lock"));
	assert_false(lock_is_malloc_variable("tzset_lock"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_stacks_have_known_answers),
		cmocka_unit_test(every_input_has_a_sound_answer),
		cmocka_unit_test(a_wait_is_told_by_its_function),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
