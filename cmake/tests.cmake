# One verb for each kind of test. Each test is a process of its own, with a time limit, that can be run
# by hand by its name; exit status 77 means skipped.
#
# forklab_unit_test(<name> [SOURCES <file>...] [LIBRARIES <target>...] [TIMEOUT <seconds>] [PLAIN])
#	A cmocka program, linked with forklab_commands; SOURCES is test_<name>.c unless told otherwise.
#	PLAIN: without forklab_commands, and so without a sanitizer: for tests of an allocator.
#
# forklab_e2e_test(<name> [SOURCES <file>...] [LIBRARIES <target>...] [SCRIPT <file>] [TIMEOUT <seconds>])
#	A program, or a script, that drives the built forklab. Its environment has FORKLAB (the program),
#	FORKLAB_RUNNERS (the directory of runners and catalogue) and FORKLAB_FAULTS (the same of the
#	faulty allocators). One at a time: they measure.

function(_forklab_test test timeout)
	set_tests_properties(${test} PROPERTIES TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()

function(forklab_unit_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "PLAIN" "TIMEOUT" "SOURCES;LIBRARIES")
	if(NOT arg_SOURCES)
		set(arg_SOURCES test_${name}.c)
	endif()
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 120)
	endif()
	add_executable(unit_${name} ${arg_SOURCES})
	target_link_libraries(unit_${name} PRIVATE
		${arg_LIBRARIES} forklab_contract forklab_common PkgConfig::cmocka Threads::Threads)
	if(NOT arg_PLAIN)
		target_link_libraries(unit_${name} PRIVATE forklab_commands PkgConfig::jansson)
	endif()
	add_test(NAME unit.${name} COMMAND unit_${name})
	_forklab_test(unit.${name} ${arg_TIMEOUT})
	set_property(TEST unit.${name} PROPERTY LABELS unit)
endfunction()

function(forklab_e2e_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "SCRIPT;TIMEOUT" "SOURCES;LIBRARIES")
	if(NOT arg_TIMEOUT)
		set(arg_TIMEOUT 600)
	endif()
	if(arg_SCRIPT)
		cmake_path(ABSOLUTE_PATH arg_SCRIPT)
		add_test(NAME e2e.${name} COMMAND ${arg_SCRIPT})
	else()
		add_executable(e2e_${name} ${arg_SOURCES})
		target_link_libraries(e2e_${name} PRIVATE ${arg_LIBRARIES}
			forklab_contract forklab_common PkgConfig::cmocka PkgConfig::jansson)
		if("address" IN_LIST FORKLAB_SANITIZE)
			target_compile_definitions(e2e_${name} PRIVATE FORKLAB_HAS_ASAN)
		endif()
		add_test(NAME e2e.${name} COMMAND e2e_${name})
	endif()
	_forklab_test(e2e.${name} ${arg_TIMEOUT})
	set_tests_properties(e2e.${name} PROPERTIES LABELS e2e ENVIRONMENT
		"FORKLAB=${PROJECT_BINARY_DIR}/bin/forklab;FORKLAB_RUNNERS=${FORKLAB_RUNNER_DIR};FORKLAB_FAULTS=${FORKLAB_FAULT_RUNNER_DIR}")
endfunction()
