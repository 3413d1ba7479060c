/* Parts of an explanation that are derived: handlers from an audit, remedies, notes. */
#include "atfork_handlers.h"
#include "explain_texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LOCK = 0x1000, OTHER = 0x2000 };

static struct explanation *explanation;
static struct audit *audit;

static int begin(void **state)
{
	(void)state;
	explanation = calloc(1, sizeof(*explanation));
	audit = calloc(1, sizeof(*audit));
	return explanation && audit ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	free(explanation);
	free(audit);
	return 0;
}

/* A child that waits for a lock that was held at the fork. */
static void make_stuck(enum fork_method method)
{
	explanation->method = method;
	explanation->outcome = OUTCOME_STUCK;
	explanation->lock.known = true;
	explanation->lock.address = LOCK;
	explanation->lock.at_fork = 1;
	explanation->lock.taken.known = true;
	explanation->finding.call.op = OP_MALLOC;
	snprintf(explanation->lock.name, sizeof(explanation->lock.name), "the_lock");
}

static struct explanation_handler *add_handler(
	enum atfork_phase phase, const char *name, uint64_t lock, const char *lock_name)
{
	struct explanation_handler *handler =
		&explanation->fork.handler[explanation->fork.handlers++];
	handler->phase = phase;
	snprintf(handler->name, sizeof(handler->name), "%s", name);
	handler->locks = lock != 0;
	handler->lock[0].address = lock;
	snprintf(handler->lock[0].name, sizeof(handler->lock[0].name), "%s", lock_name);
	return handler;
}

static void first_remedy_says(const char *words)
{
	struct explain_texts remedies = {0};
	explain_remedies(&remedies, explanation);
	assert_true(remedies.count > 0);
	if (!strstr(remedies.text[0], words))
		fail_msg("'%s' is not in: %s", words, remedies.text[0]);
}

/* ---- Remedies ---- */

static void without_handlers_nobody_can_wait(void **state)
{
	(void)state;
	make_stuck(METHOD__FORK);
	first_remedy_says("_Fork() runs no atfork handlers");
}

static void a_missing_handler_is_missed(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	first_remedy_says("a handler is missing: no prepare handler takes the_lock");
}

static void an_audit_knows_that_there_is_none(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->fork.all_known = true;
	first_remedy_says("none is registered");
}

static void an_empty_handler_is_no_handler(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->fork.all_known = true;
	add_handler(ATFORK_PREPARE, "nothing", 0, "");
	first_remedy_says("lock nothing");
}

static void a_forgotten_lock_is_named_with_its_handler(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	add_handler(ATFORK_PREPARE, "prepare", OTHER, "the_other");
	first_remedy_says("the prepare handler prepare takes the_other, but neither it nor another "
			  "one takes the_lock");
}

static void a_lock_that_is_kept_in_the_child_is_told(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->fork.all_known = true;
	add_handler(ATFORK_PREPARE, "prepare", LOCK, "the_lock");
	first_remedy_says("in the child it is not released");
}

/* The audit saw its release, so that is not said. */
static void what_is_given_back_is_not_blamed(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->fork.all_known = true;
	add_handler(ATFORK_PREPARE, "prepare", LOCK, "the_lock");
	add_handler(ATFORK_CHILD, "child", LOCK, "the_lock");
	first_remedy_says("calls no allocator before exec()");
}

/* A fork that waited went through later: what it met then is not known from here. */
static void nothing_follows_from_a_fork_that_waited(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->fork.waited = true;
	first_remedy_says("calls no allocator before exec()");
}

static void an_interrupted_holder_cannot_be_helped(void **state)
{
	static const enum explanation_outcome ends[] = {OUTCOME_PARENT_STUCK, OUTCOME_STUCK};
	for (size_t i = 0; i < 2; i++) {
		make_stuck(METHOD_FORK);
		explanation->outcome = ends[i];
		explanation->fork.in_handler = true;
		first_remedy_says("no handler can help here");
	}
	(void)state;
}

static void an_application_lock_is_the_applications_business(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->lock.of_application = true;
	first_remedy_says("the application's own");
}

/* No handler of a program can take it, and the child called no allocator. */
static void no_program_can_take_a_lock_of_libc(void **state)
{
	static const struct {
		enum lock_origin origin;
		enum wait_object object;
		const char *says;
	} cases[] = {
		{LOCK_ORIGIN_LIBC, WAIT_OBJECT_LOCK,
			"async-signal-safe functions, and __tz_convert"},
		{LOCK_ORIGIN_LIBC, WAIT_OBJECT_FILE, "flockfile()"},
		{LOCK_ORIGIN_LOADER, WAIT_OBJECT_LOCK, "load what the child needs before the fork"},
		{LOCK_ORIGIN_LIBRARY, WAIT_OBJECT_LOCK, "another library's"},
		{LOCK_ORIGIN_APPLICATION, WAIT_OBJECT_CONDITION, "create a new pool"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct explain_texts remedies = {0};
		make_stuck(METHOD_FORK);
		explanation->finding.call.op = OP_NONE;
		explanation->lock.origin = cases[i].origin;
		explanation->lock.waits_for = cases[i].object;
		snprintf(explanation->lock.taker, sizeof(explanation->lock.taker), "__tz_convert");
		first_remedy_says(cases[i].says);
		explain_remedies(&remedies, explanation);
		for (unsigned k = 0; k < remedies.count; k++) {
			assert_null(strstr(remedies.text[k], "has to take"));
			assert_null(strstr(remedies.text[k], "calls no allocator"));
		}
	}
}

static void a_child_that_called_no_allocator_is_not_told_to_call_none(void **state)
{
	struct explain_texts remedies = {0};
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->finding.call.op = OP_NONE;
	explain_remedies(&remedies, explanation);
	for (unsigned i = 0; i < remedies.count; i++)
		assert_null(strstr(remedies.text[i], "calls no allocator"));
}

static void a_half_loaded_library_is_loaded_before_the_fork(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->outcome = OUTCOME_DIED;
	explanation->finding.step = CHILD_STEP_LOAD;
	explanation->worker.stack.frames = 1;
	snprintf(explanation->worker.stack.frame[0].function,
		sizeof(explanation->worker.stack.frame[0].function), "_dl_map_object");
	first_remedy_says("load it before the fork");
}

static void what_went_well_needs_no_remedy(void **state)
{
	(void)state;
	make_stuck(METHOD_FORK);
	explanation->outcome = OUTCOME_WAITED;
	struct explain_texts remedies = {0};
	explain_remedies(&remedies, explanation);
	assert_int_equal(remedies.count, 0);
}

/* ---- Handlers ---- */

static void add_word(uint64_t address, int32_t taker, enum audit_lock_state child, bool reset)
{
	struct audit_lock_word *word = &audit->word[audit->words++];
	*word = (struct audit_lock_word){.address = address,
		.taker = taker,
		.parent = AUDIT_RELEASED,
		.child = child,
		.reset = reset};
	snprintf(word->name, sizeof(word->name), "word %llx", (unsigned long long)address);
}

static void set_handler(
	unsigned registration, enum atfork_phase phase, const char *name, uint32_t order)
{
	struct audit_handler *handler = &audit->registration[registration].handler[phase];
	handler->address = 1;
	handler->action.ran = true;
	handler->action.order = order;
	snprintf(handler->name, sizeof(handler->name), "%s", name);
}

static void handlers_stand_in_the_order_in_which_they_ran(void **state)
{
	static const char *const names[] = {"p1", "p0", "c0", "c1"};
	(void)state;
	audit->summary.kind = AUDIT_MIXED;
	audit->registrations = 3;
	audit->registration[2].own = true;
	set_handler(0, ATFORK_PREPARE, "p0", 3);
	set_handler(1, ATFORK_PREPARE, "p1", 1);
	set_handler(2, ATFORK_PREPARE, "the application's", 2);
	set_handler(0, ATFORK_CHILD, "c0", 1);
	set_handler(1, ATFORK_CHILD, "c1", 2);
	add_word(LOCK, 0, AUDIT_RELEASED, false);
	add_word(OTHER, 1, AUDIT_REINITIALISED, false);
	atfork_handlers_from_audit(&explanation->fork, audit);
	assert_true(explanation->fork.all_known);
	assert_int_equal(explanation->fork.handlers, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(explanation->fork.handler[i].name, names[i]);
	assert_int_equal(explanation->fork.handler[0].action, HANDLER_LOCKS);
	assert_int_equal(explanation->fork.handler[0].lock[0].address, OTHER);
	assert_int_equal(explanation->fork.handler[2].action, HANDLER_RELEASES);
	assert_int_equal(explanation->fork.handler[3].action, HANDLER_REINITS);
}

static void what_fork_itself_locks_is_libcs_own(void **state)
{
	(void)state;
	audit->summary.kind = AUDIT_LIBC;
	audit->of_libc = true;
	add_word(LOCK, -1, AUDIT_REINITIALISED, false);
	atfork_handlers_from_audit(&explanation->fork, audit);
	assert_int_equal(explanation->fork.handlers, 3);
	assert_string_equal(explanation->fork.handler[0].name, "fork() itself");
	assert_true(explanation->fork.handler[0].of_libc);
	assert_int_equal(explanation->fork.handler[1].action, HANDLER_RELEASES);
	assert_int_equal(explanation->fork.handler[2].action, HANDLER_REINITS);
}

static void only_reinitialised_is_not_locked(void **state)
{
	(void)state;
	audit->summary.kind = AUDIT_RESETS;
	audit->registrations = 1;
	set_handler(0, ATFORK_CHILD, "child", 1);
	add_word(LOCK, 0, AUDIT_LEFT_LOCKED, true);
	atfork_handlers_from_audit(&explanation->fork, audit);
	assert_int_equal(explanation->fork.handlers, 1);
	assert_int_equal(explanation->fork.handler[0].action, HANDLER_REINITS);
}

static void what_was_seen_stays(void **state)
{
	(void)state;
	add_handler(ATFORK_PREPARE, "seen", LOCK, "a better name")->lock[0].point = 7;
	audit->summary.kind = AUDIT_RELEASES;
	audit->registrations = 1;
	set_handler(0, ATFORK_PREPARE, "prepare", 1);
	add_word(LOCK, 0, AUDIT_RELEASED, false);
	atfork_handlers_from_audit(&explanation->fork, audit);
	assert_int_equal(explanation->fork.handlers, 1);
	assert_string_equal(explanation->fork.handler[0].name, "prepare");
	assert_string_equal(explanation->fork.handler[0].lock[0].name, "a better name");
	assert_int_equal(explanation->fork.handler[0].lock[0].point, 7);
}

static void an_audit_without_conclusion_changes_nothing(void **state)
{
	(void)state;
	add_handler(ATFORK_PREPARE, "seen", LOCK, "lock");
	audit->summary.kind = AUDIT_UNKNOWN;
	atfork_handlers_from_audit(&explanation->fork, audit);
	assert_int_equal(explanation->fork.handlers, 1);
	assert_false(explanation->fork.all_known);
}

static void more_locks_than_fit_are_counted(void **state)
{
	(void)state;
	audit->summary.kind = AUDIT_RELEASES;
	audit->registrations = 1;
	set_handler(0, ATFORK_PREPARE, "prepare", 1);
	for (unsigned i = 0; i < EXPLANATION_LOCKS_MAX + 5; i++)
		add_word(LOCK + i * 64, 0, AUDIT_RELEASED, false);
	atfork_handlers_from_audit(&explanation->fork, audit);
	assert_int_equal(explanation->fork.handler[0].locks, EXPLANATION_LOCKS_MAX);
	assert_int_equal(explanation->fork.handler[0].more_locks, 5);
}

/* ---- Notes ---- */

static void add_frame(const char *module, const char *function, const char *source)
{
	struct stack *stack = &explanation->worker.stack;
	struct stack_frame *frame = &stack->frame[stack->frames++];
	snprintf(frame->module, sizeof(frame->module), "%s", module);
	snprintf(frame->function, sizeof(frame->function), "%s", function);
	snprintf(frame->source, sizeof(frame->source), "%s", source);
}

static void missing_names_are_noted_once(void **state)
{
	(void)state;
	add_frame("libjemalloc.so.2", "", "");
	add_frame("libjemalloc.so.2", "", "");
	add_frame("libc.so.6", "malloc", "");
	add_frame("libmine.so", "", "");
	add_frame("forklab-run-x", "main", "main.c");
	add_frame("forklab-run-x", "_start", "");
	add_frame("", "", "");
	struct explain_texts notes = {0};
	explain_missing_names(&notes, explanation);
	assert_int_equal(notes.count, 3);
	assert_non_null(strstr(notes.text[0], "libjemalloc2-dbgsym"));
	assert_non_null(strstr(notes.text[0], "no symbols"));
	assert_non_null(strstr(notes.text[0], "debian-debug"));
	assert_non_null(strstr(notes.text[1], "libc6-dbg"));
	assert_null(strstr(notes.text[1], "debian-debug"));
	assert_non_null(strstr(notes.text[1], "no source lines"));
	assert_non_null(strstr(notes.text[2], "libmine.so"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_handlers_nobody_can_wait),
		TEST(a_missing_handler_is_missed),
		TEST(an_audit_knows_that_there_is_none),
		TEST(an_empty_handler_is_no_handler),
		TEST(a_forgotten_lock_is_named_with_its_handler),
		TEST(a_lock_that_is_kept_in_the_child_is_told),
		TEST(what_is_given_back_is_not_blamed),
		TEST(nothing_follows_from_a_fork_that_waited),
		TEST(an_interrupted_holder_cannot_be_helped),
		TEST(an_application_lock_is_the_applications_business),
		TEST(no_program_can_take_a_lock_of_libc),
		TEST(a_child_that_called_no_allocator_is_not_told_to_call_none),
		TEST(a_half_loaded_library_is_loaded_before_the_fork),
		TEST(what_went_well_needs_no_remedy),
		TEST(handlers_stand_in_the_order_in_which_they_ran),
		TEST(what_fork_itself_locks_is_libcs_own),
		TEST(only_reinitialised_is_not_locked),
		TEST(what_was_seen_stays),
		TEST(an_audit_without_conclusion_changes_nothing),
		TEST(more_locks_than_fit_are_counted),
		TEST(missing_names_are_noted_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
