# One verb for each kind of test. Each test is a process of its own, with a time limit, that can be run
# by hand by its name; exit status 77 means skipped.
#
# forklab_unit_test(<name> SOURCES <file>... [LIBRARIES <target>...] [TIMEOUT <seconds>] [PLAIN])
#	A cmocka program, linked with forklab_commands.
#	PLAIN: without forklab_commands, and so without a sanitizer: for tests of an allocator.
#
# forklab_e2e_test(<name> [SOURCES <file>...] [LIBRARIES <target>...] [SCRIPT <file>] [TIMEOUT <seconds>]
#		[PARTS <count>] [SERIAL] [COST <number>] [LOCK <name>])
#	A program, or a script, that drives the built forklab. Its environment has FORKLAB (the program, with a
#	catalogue that turns the controls off, since they take longer than most runs of the tests),
#	FORKLAB_WITH_CONTROLS (the program as users run it), FORKLAB_RUNNERS (the directory of runners and
#	catalogue) and FORKLAB_FAULTS (the same of the faulty allocators). XDG_STATE_HOME is a directory of the
#	test's own, so that no sweep comes from the store of the user or of another test.
#	PARTS: the cases of the program are spread over so many tests, e2e.<name>-1 and up.
#	SERIAL: no other test runs beside it. LOCK: no other test with this lock does.
#	COST: the most expensive tests start first. About the seconds that it takes.

function(_forklab_test test timeout)
	set_tests_properties(${test} PROPERTIES TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()

function(forklab_unit_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "PLAIN" "TIMEOUT" "SOURCES;LIBRARIES")
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 120)
	endif()
	add_executable(unit_${name} ${arg_SOURCES})
	target_include_directories(unit_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
	target_link_libraries(unit_${name} PRIVATE
		${arg_LIBRARIES} forklab_contract forklab_common PkgConfig::cmocka Threads::Threads)
	if(NOT arg_PLAIN)
		target_link_libraries(unit_${name} PRIVATE forklab_commands PkgConfig::jansson)
	endif()
	add_test(NAME unit.${name} COMMAND unit_${name})
	_forklab_test(unit.${name} ${arg_TIMEOUT})
	set_property(TEST unit.${name} PROPERTY LABELS unit)
endfunction()

# Declares one CTest test of a program or script, with what forklab_e2e_test() has parsed.
function(_forklab_e2e_add test)
	add_test(NAME ${test} COMMAND ${ARGN})
	_forklab_test(${test} ${arg_TIMEOUT})
	set_tests_properties(${test} PROPERTIES LABELS e2e COST ${arg_COST} RUN_SERIAL ${arg_SERIAL})
	set_property(TEST ${test} PROPERTY ENVIRONMENT
		FORKLAB=${FORKLAB_NO_CONTROLS_DIR}/bin/forklab
		FORKLAB_WITH_CONTROLS=${PROJECT_BINARY_DIR}/bin/forklab
		FORKLAB_RUNNERS=${FORKLAB_RUNNER_DIR}
		FORKLAB_FAULTS=${FORKLAB_FAULT_RUNNER_DIR}
		XDG_STATE_HOME=${PROJECT_BINARY_DIR}/tests/state/${test})
	if(arg_LOCK)
		set_tests_properties(${test} PROPERTIES RESOURCE_LOCK ${arg_LOCK})
	endif()
endfunction()

# Parses the arguments of forklab_e2e_test() in the caller.
macro(_forklab_e2e_parse)
	cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "SCRIPT;TIMEOUT;PARTS;COST;LOCK" "SOURCES;LIBRARIES")
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 1500)
	endif()
	if(NOT arg_COST)
		set(arg_COST 10)
	endif()
endmacro()

function(forklab_e2e_test name)
	_forklab_e2e_parse()
	if(arg_SCRIPT)
		cmake_path(ABSOLUTE_PATH arg_SCRIPT)
		_forklab_e2e_add(e2e.${name} ${arg_SCRIPT})
		return()
	endif()
	# e2e.c reads /proc as forklab does.
	add_executable(e2e_${name} ${arg_SOURCES} ${PROJECT_SOURCE_DIR}/core/proc/proc_file.c)
	target_include_directories(e2e_${name} PRIVATE ${PROJECT_SOURCE_DIR}/core/proc)
	target_link_libraries(e2e_${name} PRIVATE ${arg_LIBRARIES}
		forklab_contract forklab_common PkgConfig::cmocka PkgConfig::jansson)
	if("address" IN_LIST FORKLAB_SANITIZE)
		target_compile_definitions(e2e_${name} PRIVATE FORKLAB_HAS_ASAN)
	endif()
	if(arg_PARTS)
		foreach(part RANGE 1 ${arg_PARTS})
			_forklab_e2e_add(e2e.${name}-${part} e2e_${name} ${part}/${arg_PARTS})
		endforeach()
	else()
		_forklab_e2e_add(e2e.${name} e2e_${name})
	endif()
endfunction()

# forklab_e2e_variant(<name> <argument> [SERIAL] [COST <number>] ...)
#	The program of e2e.<name> with an argument: e2e.<name>-<argument>, a test of its own.
function(forklab_e2e_variant name argument)
	_forklab_e2e_parse()
	_forklab_e2e_add(e2e.${name}-${argument} e2e_${name} ${argument})
endfunction()
