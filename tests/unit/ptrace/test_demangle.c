/* Names of C++ symbols: what a person would write, and no harm by names that are none. */
#include "demangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *symbol, *name;
} names[] = {
	{"malloc", "malloc"}, {"_int_malloc", "_int_malloc"}, {"", ""}, {"_Z", "_Z"},
	{"_Zzz", "_Zzz"}, {"_ZN8tcmalloc19CentralCacheLockAllEv", "tcmalloc::CentralCacheLockAll"},
	{"_Z14atfork_preparev", "atfork_prepare"}, {"_Znwm", "operator new"},
	{"_ZdaPvm", "operator delete[]"},
	{"_ZN5scudo9AllocatorINS_13DefaultConfigEXadL_Z15malloc_postinitEEE8allocateEm",
		"scudo::Allocator<...>::allocate"},
	{"_ZN12_GLOBAL__N_11fEi", "(anonymous namespace)::f"}, {"_Z1fIiEvT_", "f<int>"},
	{"_ZN1AcvPKcEv", "A::operator char const*"}, {"_ZN1AclEi", "A::operator()"},
	{"_ZlsRSoRK1A", "operator<<"}, {"_ZNK1A3getEv", "A::get"}, {"_ZN1A5tableE", "A::table"},
	{"_ZTV1A", "A"}, /* "vtable for A" */
};

static void as_a_person_would_write_them(void **state)
{
	(void)state;
	char text[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		demangle(names[i].symbol, (int)strlen(names[i].symbol), text, sizeof(text));
		assert_string_equal(text, names[i].name);
	}
}

static void only_the_given_length_is_read(void **state)
{
	(void)state;
	char text[64];
	assert_string_equal(demangle("_ZN1A3getEv@@V1", 11, text, sizeof(text)), "A::get");
	assert_string_equal(demangle("malloc@@GLIBC_2.2.5", 6, text, sizeof(text)), "malloc");
}

static void is_cut_to_fit(void **state)
{
	(void)state;
	char text[5];
	assert_string_equal(demangle("_ZN1A3getEv", 11, text, sizeof(text)), "A::g");
	assert_string_equal(demangle("malloc", 6, text, sizeof(text)), "mall");
}

/* Every beginning of a long symbol, and one of many nested names. */
static void broken_symbols_do_no_harm(void **state)
{
	(void)state;
	static char nested[2000] = "_Z1fI";
	char text[64];
	const char *symbol = names[9].symbol;
	for (int length = 0; length <= (int)strlen(symbol); length++)
		demangle(symbol, length, text, sizeof(text));
	for (size_t i = 5; i + 3 < sizeof(nested); i += 3)
		memcpy(nested + i, "1AI", 3);
	for (int length = 0; length < (int)sizeof(nested); length += 97)
		demangle(nested, length, text, sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_person_would_write_them),
		cmocka_unit_test(only_the_given_length_is_read),
		cmocka_unit_test(is_cut_to_fit),
		cmocka_unit_test(broken_symbols_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
