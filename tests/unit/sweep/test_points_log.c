/* The list of fork points: its lines, what cannot break them, and a disk that is full. */
#include "points_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER                                                                                     \
	"allocator\tscenario\tmethod\tpoint\tinstruction\toutcome\tverdict\tproven\tstep\theld\tc" \
	"all\tplace\n"

static const struct cell cell = {.allocator = "a", .scenario = "s", .method = METHOD__FORK};
static const struct finding finding = {.step = CHILD_STEP_FREE_OTHERS};
static char *text;
static size_t length;

static FILE *begin(void)
{
	FILE *stream = open_memstream(&text, &length);
	assert_non_null(stream);
	points_log_begin(stream);
	return stream;
}

static void assert_written(FILE *stream, const char *lines)
{
	assert_false(ferror(stream));
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(strncmp(text, HEADER, strlen(HEADER)), 0);
	assert_string_equal(text + strlen(HEADER), lines);
	free(text);
}

static void each_point_is_a_line(void **state)
{
	const char *const held[] = {"arena 1", "stdio"};
	FILE *stream = begin();
	(void)state;
	points_log_add(stream, &cell,
		&(struct point_result){.point = 1, .instruction = 7, .worker = "main+0x4 (a)"},
		NULL, 0);
	points_log_add(stream, &cell,
		&(struct point_result){.point = 2,
			.instruction = UINT64_C(5000000000),
			.verdict = VERDICT_PARENT_DEADLOCK,
			.proven = true,
			.finding = &finding,
			.worker = "libc.so.6+0x1",
			.call = {OP_MALLOC, 10}},
		held, 2);
	points_log_add(stream, &cell,
		&(struct point_result){
			.point = 3, .instruction = 5000000001, .outcome = POINT_WAITED},
		held, 1);
	points_log_add(stream, &cell, &(struct point_result){.point = 4, .outcome = POINT_LEFT_OUT},
		NULL, 0);
	assert_written(stream, "a\ts\t_Fork\t1\t7\ttried\tok\tno\t\t\t\tmain+0x4 (a)\n"
			       "a\ts\t_Fork\t2\t5000000000\ttried\tparent-deadlock\tyes\tfree-"
			       "others\tarena 1;stdio\t"
			       "malloc(10)\tlibc.so.6+0x1\n"
			       "a\ts\t_Fork\t3\t5000000001\twaited\t\t\t\tarena 1\t\t\n"
			       "a\ts\t_Fork\t4\t0\tleft-out\t\t\t\t\t\t\n");
}

static void names_cannot_break_the_line(void **state)
{
	const char *const held[] = {"a;b\tc", "\x1b[31m", NULL};
	FILE *stream = begin();
	(void)state;
	points_log_add(
		stream, &cell, &(struct point_result){.point = 1, .worker = "x\ny\x7f"}, held, 3);
	assert_written(stream, "a\ts\t_Fork\t1\t0\ttried\tok\tno\t\ta b c; [31m;\t\tx y \n");
}

static void a_full_disk_is_told_at_the_end(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	(void)state;
	assert_non_null(full);
	points_log_begin(full);
	for (uint32_t i = 0; i < 10000; i++)
		points_log_add(full, &cell, &(struct point_result){.point = i + 1}, NULL, 0);
	(void)fflush(full);
	assert_true(ferror(full));
	(void)fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_point_is_a_line),
		cmocka_unit_test(names_cannot_break_the_line),
		cmocka_unit_test(a_full_disk_is_told_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
