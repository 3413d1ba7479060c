/* Names for code addresses of this program and of libc, in a forked process. */
#include "symbols.h"

#include "proc.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pid_t process;
static struct symbols *symbols;
static char text[512];

/* The function to look up. */
__attribute__((noinline)) static void sleep_forever(void)
{
	for (;;)
		(void)pause();
}

static uint64_t address(void (*function)(void))
{
	return (uint64_t)(uintptr_t)function;
}

/* The function in libc, even if a sanitizer interposes it. */
static uint64_t address_in_libc(const char *name)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	void *found = libc ? dlsym(libc, name) : NULL;
	if (libc)
		(void)dlclose(libc);
	assert_non_null(found);
	return (uint64_t)(uintptr_t)found;
}

static pid_t start(void (*body)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		body();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static int start_and_open(void **state)
{
	(void)state;
	process = start(sleep_forever);
	return symbols_open(&symbols, process);
}

static int stop_and_close(void **state)
{
	(void)state;
	symbols_close(symbols);
	(void)kill(process, SIGKILL);
	return waitpid(process, NULL, 0) == process ? 0 : -1;
}

static void a_function_of_the_program_has_its_name(void **state)
{
	uint64_t pc = address(sleep_forever), found = 0;
	(void)state;
	assert_string_equal(
		symbols_name(symbols, pc, text, sizeof(text)), "sleep_forever+0x0 (unit_symbols)");
	assert_string_equal(symbols_name(symbols, pc + 1, text, sizeof(text)),
		"sleep_forever+0x1 (unit_symbols)");
	assert_int_equal(symbols_function(symbols, pc + 1, &found), 0);
	assert_int_equal(found, pc);
}

/* The preferred one of several names. */
static void a_function_of_libc_has_its_name(void **state)
{
	uint64_t pc = address_in_libc("getpid"), found = 0;
	(void)state;
	assert_string_equal(
		symbols_name(symbols, pc + 2, text, sizeof(text)), "getpid+0x2 (libc.so.6)");
	assert_int_equal(symbols_function(symbols, pc + 2, &found), 0);
	assert_int_equal(found, pc);
}

/* Debian's debug file calls them free and cfree@GLIBC_2.2.5, pthread_mutex_lock@@GLIBC_2.2.5. */
static void versions_are_left_out(void **state)
{
	(void)state;
	assert_string_equal(symbols_name(symbols, address_in_libc("free") + 1, text, sizeof(text)),
		"free+0x1 (libc.so.6)");
	assert_string_equal(symbols_name(symbols, address_in_libc("pthread_mutex_lock") + 1, text,
				    sizeof(text)),
		"pthread_mutex_lock+0x1 (libc.so.6)");
}

/* There is no function at the start of the file. */
static void without_a_symbol_there_is_the_offset(void **state)
{
	struct proc_mapping mapping;
	uint64_t found;
	(void)state;
	assert_int_equal(proc_mapping(process, address_in_libc("getpid"), &mapping), 0);
	assert_string_equal(symbols_name(symbols, mapping.module_base + 0x10, text, sizeof(text)),
		"libc.so.6+0x10");
	assert_int_equal(symbols_function(symbols, mapping.module_base + 0x10, &found), -ENOENT);
}

static void outside_of_all_files_there_is_the_number(void **state)
{
	uint64_t found;
	(void)state;
	assert_string_equal(symbols_name(symbols, 0x10, text, sizeof(text)), "0x10");
	assert_string_equal(
		symbols_name(symbols, UINT64_MAX, text, sizeof(text)), "0xffffffffffffffff");
	assert_int_equal(symbols_function(symbols, 0x10, &found), -ENOENT);
}

/* Otherwise the output of a sweep would not be reproducible. */
static void the_vdso_goes_without_its_pid(void **state)
{
	uint64_t vdso = getauxval(AT_SYSINFO_EHDR);
	(void)state;
	if (!vdso)
		skip();
	assert_string_equal(symbols_name(symbols, vdso + 1, text, sizeof(text)), "[vdso]+0x1");
}

static void a_short_buffer_cuts_the_name(void **state)
{
	char few[6];
	(void)state;
	assert_string_equal(
		symbols_name(symbols, address(sleep_forever), few, sizeof(few)), "sleep");
}

static void files_that_were_read_stay_known(void **state)
{
	uint64_t pc = address(sleep_forever);
	(void)state;
	assert_int_equal(kill(process, SIGKILL), 0);
	assert_int_equal(waitpid(process, NULL, 0), process);
	assert_string_equal(symbols_name(symbols, 0x20, text, sizeof(text)), "0x20");
	assert_string_equal(
		symbols_name(symbols, pc, text, sizeof(text)), "sleep_forever+0x0 (unit_symbols)");
	process = start(sleep_forever);
}

static int ready[2], go[2];
static char copied[64];

/* Maps a file on request and reports the address. */
static void map_later(void)
{
	void *code = MAP_FAILED;
	char byte;
	if (read(go[0], &byte, 1) == 1) {
		FILE *file = fopen(copied, "re");
		if (file)
			code = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fileno(file), 0);
	}
	if (write(ready[1], &code, sizeof(code)) == sizeof(code))
		sleep_forever();
}

static void a_file_that_is_mapped_later_is_found(void **state)
{
	struct symbols *late;
	uint64_t code = 0;
	pid_t pid;
	int fd;
	(void)state;
	(void)snprintf(copied, sizeof(copied), "/tmp/forklab-\tsymbols-XXXXXX");
	fd = mkstemp(copied);
	assert_true(fd >= 0 && ftruncate(fd, 4096) == 0 && pipe(ready) == 0 && pipe(go) == 0);
	pid = start(map_later);
	assert_int_equal(symbols_open(&late, pid), 0);
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(read(ready[0], &code, sizeof(code)), sizeof(code));
	(void)symbols_name(late, code + 3, text, sizeof(text));
	symbols_close(late);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)unlink(copied);
	(void)close(fd);
	/* Control characters are replaced. */
	assert_memory_equal(text, "forklab-?symbols-", strlen("forklab-?symbols-"));
	assert_string_equal(strrchr(text, '+'), "+0x3");
}

static void a_dead_process_has_no_symbols(void **state)
{
	struct symbols *none = (void *)text; /* must be overwritten */
	pid_t pid = fork();
	siginfo_t info;
	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(symbols_open(&none, pid), -ESRCH);
	assert_null(none);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(symbols_open(&none, pid), -ESRCH);
	symbols_close(none);
}

static void functions_are_found_by_name(void **state)
{
	static const char *const names[] = {"no_such_function", "sleep_forever", "pause"};
	struct symbol_found found[8];
	size_t count, own = 0, of_libc = 0;
	(void)state;
	count = symbols_find(symbols, names, 3, found, 8);
	for (size_t i = 0; i < count; i++) {
		assert_true(found[i].name == 1 || found[i].name == 2);
		own += found[i].name == 1 && found[i].address == address(sleep_forever);
		of_libc += found[i].name == 2 && found[i].address == address_in_libc("pause");
	}
	assert_int_equal(own, 1);
	assert_int_equal(of_libc, 1);
	/* Not more than `max`. */
	assert_int_equal(symbols_find(symbols, names, 3, found, 1), 1);
	assert_int_equal(symbols_find(symbols, names, 1, found, 8), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_and_open, stop_and_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_function_of_the_program_has_its_name),
		TEST(a_function_of_libc_has_its_name),
		TEST(versions_are_left_out),
		TEST(without_a_symbol_there_is_the_offset),
		TEST(outside_of_all_files_there_is_the_number),
		TEST(the_vdso_goes_without_its_pid),
		TEST(a_short_buffer_cuts_the_name),
		TEST(functions_are_found_by_name),
		TEST(files_that_were_read_stay_known),
		cmocka_unit_test(a_file_that_is_mapped_later_is_found),
		cmocka_unit_test(a_dead_process_has_no_symbols),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
