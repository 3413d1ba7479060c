/*
 * Limits and sandboxes that forklab is started in. What they make fail is told by its name, and is
 * never held against an allocator.
 */
#include "e2e.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_BROKEN = 3, ARGS_MAX = 32 };

static void limit(int resource, rlim_t value)
{
	const struct rlimit limit = {value, value};
	if (setrlimit(resource, &limit) != 0)
		_exit(100);
}

static void forbid(long call)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(100);
}

/*
 * Runs forklab after `prepare` in a process of its own; returns its exit status, and what it
 * printed on both streams (freed by the caller).
 */
static int run(void (*prepare)(void), char **text, const char *const *args)
{
	const char *argv[ARGS_MAX] = {e2e_directory("FORKLAB")};
	int status;
	for (size_t i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	int out = open(e2e_in_home("out"), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
	assert_true(out >= 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
			_exit(100);
		prepare();
		execv(argv[0], (char *const *)argv);
		_exit(101);
	}
	close(out);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*text = e2e_read(e2e_in_home("out"));
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) >= 100 && WEXITSTATUS(status) < 128)
		e2e_fail("forklab cannot be started: %d", WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

static void expect(
	void (*prepare)(void), int status, const char *const *says, const char *const *args)
{
	char *text;
	int got = run(prepare, &text, args);
	for (size_t i = 0; says[i]; i++)
		if (!strstr(text, says[i]))
			e2e_fail("without '%s': status %d: %.1500s", says[i], got, text);
	if (got != status)
		e2e_fail("status %d, not %d: %.1500s", got, status, text);
	free(text);
}

static const char *const stress[] = {"stress", "-a", "teach-lockall", "-s", "basic", "-m", "fork",
	"--trials", "3", "--format", "json", NULL};

/* ---- Calls that are forbidden ---- */

static void forbid_memfd(void)
{
	forbid(SYS_memfd_create);
}

static void forbid_pidfd(void)
{
	forbid(SYS_pidfd_open);
}

static void forbidden_calls_are_named(void **state)
{
	(void)state;
	expect(forbid_memfd, STATUS_BROKEN, E2E_ARGS("memfd_create(): Operation not permitted"),
		stress);
	expect(forbid_pidfd, STATUS_BROKEN, E2E_ARGS("pidfd_open(): Operation not permitted"),
		stress);
}

/* ---- Limits of forklab's processes ---- */

static void limit_file_size(void)
{
	limit(RLIMIT_FSIZE, 4096);
}

static void limit_cpu(void)
{
	limit(RLIMIT_CPU, 1);
}

static void a_limit_of_file_sizes_is_named(void **state)
{
	(void)state;
	expect(limit_file_size, STATUS_BROKEN, E2E_ARGS("ftruncate(): File too large"), stress);
}

/* A sweep steps its thread, which takes forklab more than a second of CPU time. */
static void a_killed_inner_process_is_told(void **state)
{
	(void)state;
	expect(limit_cpu, 128 + SIGKILL, E2E_ARGS("was killed by signal 9", "CPU time"),
		E2E_ARGS("sweep", "-a", "glibc", "-s", "basic,churn,logger,pool,snapshot", "-m",
			"fork,_Fork", "--every-instruction", "--budget", "60"));
}

/* ---- Threads ---- */

enum { NOBODY = 65534 };

/* The superuser has no limit of processes. */
static void be_nobody(rlim_t processes)
{
	limit(RLIMIT_NPROC, processes);
	if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
		_exit(100);
}

/* Two processes of forklab, a runner with four workers, and its child. */
static void no_thread_in_the_child(void)
{
	be_nobody(8);
}

static void no_thread_in_the_parent(void)
{
	be_nobody(5);
}

static void a_limit_on_threads_is_not_the_allocators(void **state)
{
	static const char *const refused = "\"refused\": 0";
	(void)state;
	if (geteuid() != 0)
		skip();
	expect(no_thread_in_the_child, STATUS_BROKEN,
		E2E_ARGS("no thread: a limit on processes", "RLIMIT_NPROC", refused), stress);
	expect(no_thread_in_the_parent, STATUS_BROKEN,
		E2E_ARGS("the workers cannot be started", "RLIMIT_NPROC", refused), stress);
}

/* Enough for the runner itself, but not for its child's large blocks. */
static void limit_address_space(void)
{
	limit(RLIMIT_AS, 200 << 20);
}

static void a_limit_on_memory_is_not_the_allocators(void **state)
{
	char *text;
	(void)state;
	int status = run(limit_address_space, &text, stress);
	/* glibc's arenas of 64 MiB may fit or not; in no case is it refused. */
	assert_true(status == STATUS_BROKEN || status == 0);
	assert_non_null(strstr(text, "\"refused\": 0"));
	free(text);
}

/* ---- Output that cannot be written ---- */

static void fill_standard_output(void)
{
	int full = open("/dev/full", O_WRONLY);
	if (full < 0 || dup2(full, STDOUT_FILENO) < 0)
		_exit(100);
	close(full);
}

static void nothing(void)
{
}

static void what_cannot_be_written_has_a_name_and_a_reason(void **state)
{
	static const char *const formats[] = {"text", "json"};
	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		expect(nothing, STATUS_BROKEN,
			E2E_ARGS("cannot write /dev/full: No space left on device"),
			E2E_ARGS("list", "--format", formats[i], "-o", "/dev/full"));
		expect(fill_standard_output, STATUS_BROKEN,
			E2E_ARGS("cannot write standard output: No space left on device"),
			E2E_ARGS("list", "--format", formats[i]));
	}
	expect(fill_standard_output, STATUS_BROKEN,
		E2E_ARGS("cannot write standard output: No space left on device"),
		E2E_ARGS("--help"));
	expect(fill_standard_output, STATUS_BROKEN,
		E2E_ARGS("cannot write standard output: No space left on device"),
		E2E_ARGS("--version"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_calls_are_named),
		cmocka_unit_test(a_limit_of_file_sizes_is_named),
		cmocka_unit_test(a_killed_inner_process_is_told),
		cmocka_unit_test(a_limit_on_threads_is_not_the_allocators),
		cmocka_unit_test(a_limit_on_memory_is_not_the_allocators),
		cmocka_unit_test(what_cannot_be_written_has_a_name_and_a_reason),
	};
	return E2E_MAIN(argc, argv, tests, e2e_make_home, e2e_remove_home);
}
