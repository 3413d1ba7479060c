/* The runner attaches the shared page: a valid one, and every way in which one can be wrong. */
#include "cost_shm.h"
#include "event_log.h"
#include "shm.h"

#include "../../core/runner/common/shm_attach.h"
#include "shm_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static struct shm *mine;
static int fd;

static int setup(void **state)
{
	(void)state;
	mine = shm_map_create(&fd);
	return mine ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	shm_map_destroy(mine, fd);
	return 0;
}

static void refused(const char *expected)
{
	const char *why = NULL;
	assert_null(shm_attach(fd, &why));
	assert_string_equal(why, expected);
}

static void a_good_shm(void **state)
{
	(void)state;
	const char *why = NULL;
	struct shm *shm = shm_attach(fd, &why);
	assert_non_null(shm);
	assert_null(why);
	mine->plan.trials = 4711;
	assert_int_equal(shm->plan.trials, 4711);
	munmap(shm, sizeof(*shm));
}

/* An event log or a cost area may follow it, but only a whole one. */
static void something_behind_the_shm(void **state)
{
	static const off_t behind[] = {
		(off_t)(EVENT_LOG_OFFSET + sizeof(struct event_log)),
		(off_t)(COST_SHM_OFFSET + sizeof(struct cost_shm)),
	};
	(void)state;
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		const char *why = NULL;
		assert_int_equal(ftruncate(fd, behind[i]), 0);
		struct shm *shm = shm_attach(fd, &why);
		assert_non_null(shm);
		munmap(shm, sizeof(*shm));
		assert_int_equal(ftruncate(fd, behind[i] - 1), 0);
		refused("the shm has another size");
	}
}

static void wrong_size(void **state)
{
	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)sizeof(*mine) - 1), 0);
	refused("the shm has another size");
	assert_int_equal(ftruncate(fd, 0), 0);
	refused("the shm has another size");
}

static void wrong_header(void **state)
{
	(void)state;
	mine->magic ^= 1;
	refused("not a forklab shm");
	mine->magic ^= 1;
	mine->version++;
	refused("the shm has another version");
	mine->version--;
	mine->size--;
	refused("the shm has another version");
	mine->size++;
	mine->contract[0] ^= 1;
	refused("forklab and this runner are of different builds");
}

static void no_descriptor(void **state)
{
	(void)state;
	const char *why = NULL;
	assert_null(shm_attach(-1, &why));
	assert_string_equal(why, "no such descriptor");
}

static void text_from_the_page_is_not_trusted(void **state)
{
	(void)state;
	char to[8];
	const char wild[] = {'a', '\033', '\n', (char)0xff, 'b', 'c', 'd', 'e', 'f', 'g'};
	assert_string_equal(ascii_sanitize(to, sizeof(to), wild, sizeof(wild)), "a???bcd");
	assert_string_equal(ascii_sanitize(to, sizeof(to), wild, 1), "a");
	assert_string_equal(child_step_name(UINT32_MAX), "?");
	assert_string_equal(op_name(OP_COUNT), "?");
	assert_string_equal(failure_name(UINT32_MAX), "?");
	assert_string_equal(fork_method_name(METHOD_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_shm, setup, teardown),
		cmocka_unit_test_setup_teardown(something_behind_the_shm, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_size, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_header, setup, teardown),
		cmocka_unit_test(no_descriptor),
		cmocka_unit_test(text_from_the_page_is_not_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
