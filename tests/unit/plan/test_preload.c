/* The default name of a preloaded object. */
#include "preload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static struct catalogue_allocator allocators[] = {
	{.name = "glibc", .built = true},
	{.name = "jemalloc", .why = "its library is missing"},
	{.name = "mine"},
	{.name = "mine-preload"},
	{.name = "mine-preload-2"},
	{.name = "a-name-of-twenty-one"},
};

static const struct catalogue catalogue = {
	.allocators = sizeof(allocators) / sizeof(allocators[0]),
	.allocator = allocators,
};

static const struct {
	const char *path, *name;
} names[] = {
	{"/usr/lib/libhoard.so", "hoard"},
	{"/usr/lib/libmimalloc.so.2", "mimalloc"},
	{"/usr/lib/libmimalloc-secure.so.2.0", "mimalloc-secure"},
	{"./rp.so", "rp"},
	{"snmalloc", "snmalloc"},
	{"/opt/lib.so", "lib"},
	{"/opt/.so", ".so"},
	/* What --alloc cannot hold. */
	{"/opt/libmy,own malloc.so", "my-own-malloc"},
	{"/opt/lib-own.so", "_own"},
	{"/opt/lib\xc3\xa4.so", "_-"},
	/* What is there already, built or not. */
	{"/opt/old/libjemalloc.so.2", "jemalloc-preload"},
	{"/opt/libmine.so", "mine-preload-3"},
	{"/opt/liball.so", "all-preload"},
	/* What is too long. */
	{"/opt/liba-name-of-twenty-one-and-more-letters.so", "a-name-of-twenty-one-preload"},
};

static void name_of_a_file(void **state)
{
	char name[SHM_NAME_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		preload_name(name, &catalogue, names[i].path);
		assert_string_equal(name, names[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_of_a_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
