/*
 * Where tracing is forbidden (by a container's seccomp profile) there are no sweeps: the cells are
 * skipped with the reason and the remedy, and stress still runs. Some hangs cannot be proven there,
 * so a control may fail; then the run says so.
 */
#include "e2e.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* For this process and all that it starts, as Docker's profile did it before Linux 4.8. */
static void forbid_ptrace(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* Only the proof of a spin needs the right to trace. */
static void check_status(const json_t *report, int status)
{
	size_t i;
	const json_t *control;
	json_array_foreach(json_object_get(report, "controls"), i, control)
	{
		if (!e2e_bool(control, "passed"))
			assert_string_equal(e2e_text(control, "expected"), "livelock");
	}
	assert_int_equal(status, e2e_bool(report, "sufficient") ? 0 : 3);
}

static void check_skipped(const json_t *cell)
{
	assert_string_equal(e2e_text(cell, "verdict"), "skipped");
	assert_non_null(strstr(e2e_text(cell, "why"), "no right to trace"));
	assert_non_null(strstr(e2e_text(cell, "why"), "seccomp"));
	assert_non_null(strstr(e2e_text(cell, "why"), "ptrace_scope"));
	assert_int_equal(e2e_number(cell, "tried"), 0);
	assert_int_equal(e2e_count(cell, "broken"), 0);
}

static void a_sweep_is_skipped(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("sweep", "-a", "glibc", "-s", "pool,signal", "-m", "fork,_Fork",
				 "--format", "json"));
	json_t *report = e2e_json(&result);
	check_status(report, result.status);
	size_t i;
	const json_t *cell;
	assert_int_equal(json_array_size(json_object_get(report, "results")), 4);
	json_array_foreach(json_object_get(report, "results"), i, cell) check_skipped(cell);
	json_decref(report);
	e2e_free(&result);
}

static void stress_is_still_there(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_controls(true);
	e2e_run(&result, E2E_ARGS("run", "-a", "glibc", "-s", "pool", "-m", "fork", "--trials",
				 "20", "--budget", "900", "--format", "json"));
	e2e_controls(false);
	json_t *report = e2e_json(&result);
	check_status(report, result.status);
	size_t i, stress = 0, sweeps = 0;
	const json_t *cell;
	json_array_foreach(json_object_get(report, "results"), i, cell)
	{
		if (strcmp(e2e_text(cell, "mode"), "sweep") == 0) {
			check_skipped(cell);
			sweeps++;
			continue;
		}
		assert_int_equal(e2e_count(cell, "ok"), 20);
		stress++;
	}
	assert_int_equal(stress, 1);
	assert_int_equal(sweeps, 1);
	json_decref(report);
	e2e_free(&result);
}

/* What a user sees. */
static void the_remedy_is_printed(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("sweep", "-a", "glibc", "-s", "pool", "-m", "fork"));
	assert_non_null(strstr(result.out, "skipped"));
	assert_non_null(strstr(result.out, "no right to trace"));
	e2e_free(&result);
}

/* A process that must not be traced has an unknown audit, which is no failure. */
static void an_audit_says_so(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("audit", "-a", "glibc", "--format", "json"));
	json_t *report = e2e_json_of(&result, "forklab-audit/1");
	const json_t *audit = json_array_get(json_object_get(report, "audits"), 0);
	assert_int_equal(result.status, 0);
	assert_string_equal(e2e_text(audit, "atfork"), "?");
	assert_non_null(strstr(e2e_text(audit, "why"), "no right to trace"));
	assert_non_null(strstr(e2e_text(audit, "why"), "seccomp"));
	json_decref(report);
	e2e_free(&result);
}

/* The table's column has a question mark, and the reason stands below. */
static void the_table_has_a_question_mark(void **state)
{
	(void)state;
	struct e2e_result result;
	e2e_run(&result, E2E_ARGS("run", "--details", "-a", "glibc", "-s", "pool", "-m", "fork",
				 "--trials", "1", "--budget", "60"));
	assert_non_null(strstr(result.out, "glibc      ?"));
	assert_non_null(strstr(result.out, "atfork handlers: glibc: not known: no right to trace"));
	e2e_free(&result);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sweep_is_skipped),
		cmocka_unit_test(stress_is_still_there),
		cmocka_unit_test(the_remedy_is_printed),
		cmocka_unit_test(an_audit_says_so),
		cmocka_unit_test(the_table_has_a_question_mark),
	};
	forbid_ptrace();
	return E2E_MAIN(argc, argv, tests, NULL, NULL);
}
