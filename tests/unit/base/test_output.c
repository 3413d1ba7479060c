/* Output files: replaced whole or not at all, and checked before the run. */
#include "output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

static char directory[64];
static char error[512];

static const char *path_of(const char *name)
{
	static char path[300];
	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *path, const char *text)
{
	char got[4096];
	FILE *file = fopen(path, "r");
	size_t length;
	assert_non_null(file);
	length = fread(got, 1, sizeof(got) - 1, file);
	got[length] = '\0';
	(void)fclose(file);
	assert_string_equal(got, text);
}

static int entries(void)
{
	DIR *stream = opendir(directory);
	int count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count - 2; /* . and .. */
}

static int make_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/forklab-output-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char command[300];
	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command); /* NOLINT(cert-env33-c): a path that mkdtemp() made */
}

static void a_new_file_appears_at_commit(void **state)
{
	struct output output;
	(void)state;
	assert_int_equal(output_open(&output, path_of("new"), error, sizeof(error)), 0);
	assert_true(fputs("result\n", output.stream) >= 0);
	assert_int_equal(fflush(output.stream), 0);
	assert_int_equal(access(path_of("new"), F_OK), -1);
	assert_int_equal(output_commit(&output, error, sizeof(error)), 0);
	assert_holds(path_of("new"), "result\n");
	assert_int_equal(entries(), 1);
	assert_null(output.stream);
}

static void the_old_file_stays_until_commit(void **state)
{
	struct output output;
	struct stat file;
	(void)state;
	put(path_of("old"), "before");
	assert_int_equal(chmod(path_of("old"), 0640), 0);
	assert_int_equal(output_open(&output, path_of("old"), error, sizeof(error)), 0);
	assert_true(fputs("after", output.stream) >= 0);
	assert_int_equal(fflush(output.stream), 0);
	assert_holds(path_of("old"), "before");
	assert_int_equal(output_commit(&output, error, sizeof(error)), 0);
	assert_holds(path_of("old"), "after");
	assert_int_equal(stat(path_of("old"), &file), 0);
	assert_int_equal(file.st_mode & 07777, 0640);
	assert_int_equal(entries(), 1);
}

static void abandoning_leaves_everything_as_it_was(void **state)
{
	struct output output;
	(void)state;
	put(path_of("old"), "before");
	assert_int_equal(output_open(&output, path_of("old"), error, sizeof(error)), 0);
	assert_true(fputs("after", output.stream) >= 0);
	output_abandon(&output);
	assert_holds(path_of("old"), "before");
	assert_int_equal(entries(), 1);
	output_abandon(&output); /* harmless */
}

/* SIGKILL in the middle of a run leaves the old file and nothing else. */
static void dying_leaves_everything_as_it_was(void **state)
{
	int status;
	pid_t child;
	(void)state;
	put(path_of("old"), "before");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct output output;
		if (output_open(&output, path_of("old"), error, sizeof(error)) != 0 ||
			fputs("after", output.stream) < 0 || fflush(output.stream) != 0)
			_exit(1);
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_holds(path_of("old"), "before");
	/* A file system without O_TMPFILE keeps the unfinished file. */
	assert_in_range(entries(), 1, 2);
}

static void a_link_is_followed_and_kept(void **state)
{
	struct output output;
	struct stat link;
	(void)state;
	put(path_of("target"), "before");
	assert_int_equal(symlink("target", path_of("link")), 0);
	assert_int_equal(output_open(&output, path_of("link"), error, sizeof(error)), 0);
	assert_true(fputs("after", output.stream) >= 0);
	assert_int_equal(output_commit(&output, error, sizeof(error)), 0);
	assert_holds(path_of("target"), "after");
	assert_int_equal(lstat(path_of("link"), &link), 0);
	assert_true(S_ISLNK(link.st_mode));
}

static void names_left_by_others_are_passed_over(void **state)
{
	struct output output;
	char name[64];
	(void)state;
	(void)snprintf(name, sizeof(name), ".forklab-%d-0", getpid());
	put(path_of(name), "not mine");
	assert_int_equal(output_open(&output, path_of("new"), error, sizeof(error)), 0);
	assert_int_equal(output_commit(&output, error, sizeof(error)), 0);
	assert_holds(path_of(name), "not mine");
	assert_holds(path_of("new"), "");
	assert_int_equal(entries(), 2);
}

static void assert_refused(const char *path, int status)
{
	struct output output;
	*error = '\0';
	assert_int_equal(output_open(&output, path, error, sizeof(error)), status);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, strerror(-status)));
	assert_null(strchr(error, '\n'));
	assert_null(output.stream);
}

static void unwritable_paths_are_refused_at_once(void **state)
{
	char name[400];
	(void)state;
	put(path_of("file"), "");
	assert_refused(path_of("no/such/file"), -ENOENT);
	assert_refused(path_of("no-such-directory/"), -EISDIR);
	assert_refused(path_of("file/below"), -ENOTDIR);
	assert_refused(directory, -EISDIR);
	(void)snprintf(name, sizeof(name), "%s/%0260d", directory, 0);
	assert_refused(name, -ENAMETOOLONG);
	assert_refused("", -ENOENT);
	assert_int_equal(entries(), 1);
}

static void protected_files_are_refused_at_once(void **state)
{
	bool root = geteuid() == 0; /* root may write everything */
	(void)state;
	put(path_of("file"), "before");
	assert_int_equal(chmod(path_of("file"), 0444), 0);
	assert_int_equal(root ? chown(directory, NOBODY, NOBODY) : 0, 0);
	assert_int_equal(root ? seteuid(NOBODY) : 0, 0);
	assert_refused(path_of("file"), -EACCES);
	assert_int_equal(chmod(directory, 0555), 0);
	assert_refused(path_of("new"), -EACCES);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(root ? seteuid(0) : 0, 0);
	assert_holds(path_of("file"), "before");
}

static void devices_are_written_in_place(void **state)
{
	struct output output;
	struct stat device;
	(void)state;
	assert_int_equal(output_open(&output, "/dev/null", error, sizeof(error)), 0);
	assert_true(fputs("x", output.stream) >= 0);
	assert_int_equal(output_commit(&output, error, sizeof(error)), 0);
	assert_int_equal(stat("/dev/null", &device), 0);
	assert_true(S_ISCHR(device.st_mode));
}

static void a_full_disk_is_an_error(void **state)
{
	struct output output;
	(void)state;
	assert_int_equal(output_open(&output, "/dev/full", error, sizeof(error)), 0);
	assert_true(fputs("x", output.stream) >= 0);
	assert_int_equal(output_commit(&output, error, sizeof(error)), -ENOSPC);
	assert_non_null(strstr(error, "/dev/full"));
	assert_null(output.stream);
}

/* A write fails in the middle of the run; the last flush has nothing left to write. */
static void an_early_write_error_is_not_forgotten(void **state)
{
	const struct rlimit limit = {4096, RLIM_INFINITY};
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	struct output output;
	int status;
	(void)state;
	put(path_of("old"), "before");
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(output_open(&output, path_of("old"), error, sizeof(error)), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 20000; i++)
		(void)fputc('x', output.stream);
	(void)fflush(output.stream);
	status = output_commit(&output, error, sizeof(error));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
	assert_int_equal(status, -EFBIG);
	assert_non_null(strstr(error, "/old: File too large"));
	assert_holds(path_of("old"), "before");
	assert_int_equal(entries(), 1);
}

static void standard_output_needs_no_file(void **state)
{
	struct output output;
	(void)state;
	assert_int_equal(output_open(&output, NULL, error, sizeof(error)), 0);
	assert_ptr_equal(output.stream, stdout);
	assert_int_equal(output_commit(&output, error, sizeof(error)), 0);
	assert_int_equal(output_open(&output, "-", error, sizeof(error)), 0);
	assert_ptr_equal(output.stream, stdout);
	output_abandon(&output);
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
}

/* "forklab -o /dev/stdout >> log" must not replace the log. */
static void the_file_of_standard_output_is_added_to(void **state)
{
	struct output output;
	int saved = dup(STDOUT_FILENO), log, opened, committed = -1;
	(void)state;
	put(path_of("log"), "old line\n");
	log = open(path_of("log"), O_WRONLY | O_APPEND);
	assert_true(saved >= 0 && log >= 0);
	(void)fflush(stdout);
	assert_true(dup2(log, STDOUT_FILENO) >= 0);
	opened = output_open(&output, "/dev/stdout", error, sizeof(error));
	if (opened == 0) {
		(void)fputs("new line\n", output.stream);
		committed = output_commit(&output, error, sizeof(error));
	}
	(void)dup2(saved, STDOUT_FILENO);
	(void)close(saved);
	(void)close(log);
	assert_int_equal(opened, 0);
	assert_int_equal(committed, 0);
	assert_holds(path_of("log"), "old line\nnew line\n");
}

static void a_closed_standard_output_is_refused_at_once(void **state)
{
	struct output output;
	int saved = dup(STDOUT_FILENO), status;
	(void)state;
	(void)fflush(stdout);
	(void)close(STDOUT_FILENO);
	status = output_open(&output, NULL, error, sizeof(error));
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	(void)close(saved);
	assert_int_equal(status, -EBADF);
	assert_non_null(strstr(error, "standard output"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_appears_at_commit),
		TEST(the_old_file_stays_until_commit),
		TEST(abandoning_leaves_everything_as_it_was),
		TEST(dying_leaves_everything_as_it_was),
		TEST(a_link_is_followed_and_kept),
		TEST(names_left_by_others_are_passed_over),
		TEST(unwritable_paths_are_refused_at_once),
		TEST(protected_files_are_refused_at_once),
		TEST(devices_are_written_in_place),
		TEST(a_full_disk_is_an_error),
		TEST(an_early_write_error_is_not_forgotten),
		TEST(standard_output_needs_no_file),
		TEST(the_file_of_standard_output_is_added_to),
		TEST(a_closed_standard_output_is_refused_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
