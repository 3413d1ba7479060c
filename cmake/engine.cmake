# forklab_engine(<target> SCENARIOS <file>... [HELPERS <file>...])
#
# An object library of the engine (core/runner) with these scenarios: compiled once, linked once per
# allocator. The scenario in foo-bar.c is the symbol `scenario_foo_bar`; their table, sorted, is generated
# here. Helpers are compiled too, but are not scenarios.

function(forklab_engine target)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SCENARIOS;HELPERS")

	set(symbols)
	foreach(file IN LISTS arg_SCENARIOS)
		cmake_path(GET file STEM name)
		string(MAKE_C_IDENTIFIER "scenario_${name}" symbol)
		list(APPEND symbols ${symbol})
	endforeach()
	list(SORT symbols)
	set(declarations "")
	set(entries "")
	foreach(symbol IN LISTS symbols)
		string(APPEND declarations "extern const struct scenario ${symbol};\n")
		string(APPEND entries "\t&${symbol},\n")
	endforeach()
	set(table ${CMAKE_CURRENT_BINARY_DIR}/${target}_scenarios.c)
	file(CONFIGURE OUTPUT ${table} @ONLY CONTENT
"/* Generated from the files' names by cmake/engine.cmake. */
#include \"scenario.h\"

extern const struct scenario *const scenario_table[];
@declarations@
const struct scenario *const scenario_table[] = {
@entries@	NULL,
};
")

	add_library(${target} OBJECT ${arg_SCENARIOS} ${arg_HELPERS} ${table})
	target_link_libraries(${target} PRIVATE forklab_runner)
endfunction()

# forklab_engine_variant(<target> <option>...)
#
# The engine of the real allocators, compiled again with other options: for an allocator that is part of the
# compiler (a sanitizer) or of another libc.
function(forklab_engine_variant target)
	get_target_property(sources forklab_engine SOURCES)
	add_library(${target} OBJECT ${sources})
	target_link_libraries(${target} PRIVATE forklab_runner)
	target_compile_options(${target} PRIVATE ${ARGN})
	# The sources are listed and checked already, with options that other tools understand.
	set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF C_CLANG_TIDY "")
endfunction()
