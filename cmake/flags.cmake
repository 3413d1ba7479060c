# Compile options of all targets, and which targets are sanitized.

add_library(forklab_common INTERFACE)
target_compile_definitions(forklab_common INTERFACE _GNU_SOURCE)
target_compile_options(forklab_common INTERFACE
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wpointer-arith -Wvla -Wundef -Wformat=2 -Wcast-align -Wnull-dereference
	-fno-omit-frame-pointer
	# Texts here have a bound, and what is longer is cut on purpose.
	$<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wno-format-truncation>)

# Linked by forklab and its unit tests only: a sanitizer replaces the allocator, which must not happen in the
# process under test.
add_library(forklab_sanitize INTERFACE)
if(FORKLAB_SANITIZE)
	list(JOIN FORKLAB_SANITIZE "," sanitizers)
	target_compile_options(forklab_sanitize INTERFACE
		-fsanitize=${sanitizers} -fno-sanitize-recover=all)
	target_link_options(forklab_sanitize INTERFACE -fsanitize=${sanitizers})
endif()
