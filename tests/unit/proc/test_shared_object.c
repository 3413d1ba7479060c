/*
 * Damaged files: shared_object_check() either accepts them or returns one sentence, and
 * shared_object_needed() stores names that end. And what a file is linked with.
 */
#include "shared_object.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* cmocka needs some of the above. */
#include <cmocka.h>

enum { ERROR_MAX = 1024 };

static unsigned char *whole;
static size_t whole_size;
static char name[NEEDED_LIBRARIES_MAX][NEEDED_NAME_MAX];

static int read_object(void **state)
{
	FILE *file = fopen(SHARED_OBJECT, "re");
	(void)state;
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	whole_size = (size_t)ftell(file);
	rewind(file);
	whole = calloc(1, whole_size);
	assert_non_null(whole);
	assert_int_equal(fread(whole, 1, whole_size, file), whole_size);
	return fclose(file);
}

static int free_object(void **state)
{
	(void)state;
	free(whole);
	return 0;
}

/* A file with the first `size` bytes of the object; /proc's path of it in path. */
static int copy_of(char path[64], size_t size)
{
	int fd = memfd_create("object", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, whole, size), size);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_needed(const char *path)
{
	memset(name, 'x', sizeof(name));
	int count = shared_object_needed(path, name);
	assert_true(count <= NEEDED_LIBRARIES_MAX);
	for (int i = 0; i < count; i++)
		assert_non_null(memchr(name[i], '\0', NEEDED_NAME_MAX));
}

/* Returns 0, or -errno with one sentence that names the file. */
static int check(const char *path)
{
	char error[ERROR_MAX];
	struct plan_object object;
	check_needed(path);
	int result = shared_object_check(path, &object, error, sizeof(error));
	if (result == 0) {
		assert_string_equal(object.path, path);
		assert_int_equal(*error, '\0');
		return 0;
	}
	assert_true(result < 0);
	assert_int_equal(strncmp(error, "cannot preload /", strlen("cannot preload /")), 0);
	assert_null(strchr(error, '\n'));
	assert_true(strlen(error) > strlen(path) + 20);
	return result;
}

static void as_it_is(void **state)
{
	char error[ERROR_MAX];
	struct plan_object object;
	(void)state;
	assert_int_equal(shared_object_check(SHARED_OBJECT, &object, error, sizeof(error)), 0);
	assert_true(object.inode != 0);
	assert_int_equal(strncmp(object.version, "build ", strlen("build ")), 0);
}

static void cut_anywhere(void **state)
{
	enum { STEPS = 400 };
	char path[64];
	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		/* All of the first bytes, and then in strides. */
		size_t size = i < STEPS / 2 ? i : whole_size * (i - STEPS / 2) / (STEPS / 2);
		int fd = copy_of(path, size);
		assert_true(check(path) < 0);
		close(fd);
	}
}

/* Each byte of the range, with values that are too small, too great, and negative. */
static void damage(size_t from, size_t to)
{
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
	char path[64];
	int fd = copy_of(path, whole_size);
	for (size_t at = from; at < to && at < whole_size; at++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			assert_int_equal(pwrite(fd, &values[v], 1, (off_t)at), 1);
			(void)check(path);
		}
		assert_int_equal(pwrite(fd, whole + at, 1, (off_t)at), 1);
	}
	close(fd);
}

static void damaged_headers(void **state)
{
	Elf64_Ehdr header;
	(void)state;
	memcpy(&header, whole, sizeof(header));
	damage(0, sizeof(header));
	damage(header.e_phoff, header.e_phoff + (size_t)header.e_phnum * header.e_phentsize);
	damage(header.e_shoff, header.e_shoff + (size_t)header.e_shnum * header.e_shentsize);
}

/* The sections that are read: symbols, their names, the dynamic section. */
static void damaged_sections(void **state)
{
	enum { MOST = 400 };
	Elf64_Ehdr header;
	(void)state;
	memcpy(&header, whole, sizeof(header));
	for (unsigned i = 0; i < header.e_shnum; i++) {
		Elf64_Shdr section;
		memcpy(&section, whole + header.e_shoff + i * sizeof(section), sizeof(section));
		if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_DYNAMIC ||
			section.sh_type == SHT_NOTE)
			damage(section.sh_offset,
				section.sh_offset +
					(section.sh_size < MOST ? section.sh_size : MOST));
	}
}

/* The sentence about a file with that header. */
static void refused(const void *header, size_t size, char error[ERROR_MAX])
{
	struct plan_object object;
	char path[64];
	int fd = memfd_create("object", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, header, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_true(shared_object_check(path, &object, error, ERROR_MAX) < 0);
	close(fd);
}

/* The machine of an x32 object is the same; its word size is not. */
static void of_another_kind_of_machine(void **state)
{
	(void)state;
	char error[ERROR_MAX];
	Elf64_Ehdr mine;
	Elf32_Ehdr small = {.e_type = ET_DYN, .e_version = EV_CURRENT, .e_ehsize = sizeof(small)};
	memcpy(&mine, whole, sizeof(mine));
	memcpy(small.e_ident, mine.e_ident, sizeof(small.e_ident));
	small.e_ident[EI_CLASS] = ELFCLASS32;
	static const struct {
		Elf32_Half machine;
		const char *says;
	} machines[] = {
		{EM_386, "it is a 32-bit object (x86), and"},
		{EM_X86_64, "it is a 32-bit object (x86-64), and"},
		{EM_ARM, "it is a 32-bit object (ARM), and"},
	};
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		small.e_machine = machines[i].machine;
		refused(&small, sizeof(small), error);
		if (!strstr(error, machines[i].says) || !strstr(error, "programs are 64-bit ("))
			fail_msg("expected '%s', got: %s", machines[i].says, error);
	}
}

static bool has(int count, const char *wanted)
{
	for (int i = 0; i < count; i++)
		if (strncmp(name[i], wanted, strlen(wanted)) == 0)
			return true;
	return false;
}

static void this_program_needs_cmocka_and_libc(void **state)
{
	(void)state;
	int count = shared_object_needed("/proc/self/exe", name);
	assert_in_range(count, 2, NEEDED_LIBRARIES_MAX);
	assert_true(has(count, "libcmocka.so"));
	assert_true(has(count, "libc.so"));
	assert_false(has(count, "libtbbmalloc.so"));
}

static void other_files_need_nothing(void **state)
{
	(void)state;
	assert_int_equal(shared_object_needed("/nowhere", name), -ENOENT);
	assert_true(shared_object_needed("/proc/self/maps", name) < 0);
	assert_true(shared_object_needed("/proc", name) < 0);
	assert_true(shared_object_needed("/dev/null", name) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_is),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(damaged_headers),
		cmocka_unit_test(damaged_sections),
		cmocka_unit_test(of_another_kind_of_machine),
		cmocka_unit_test(this_program_needs_cmocka_and_libc),
		cmocka_unit_test(other_files_need_nothing),
	};
	return cmocka_run_group_tests(tests, read_object, free_object);
}
